# A replacement for the part of the gem svix that Seam's Ruby SDK loads.
module Svix
  WebhookVerificationError = Class.new(StandardError)
end
