# A replacement for the part of the gem svix that Seam's Ruby SDK loads. No spec verifies a webhook.
module Svix
  class Webhook
  end
end
