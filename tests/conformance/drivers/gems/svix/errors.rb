# A stand-in for the part of the gem svix that Seam's Ruby SDK loads.
module Svix
  WebhookVerificationError = Class.new(StandardError)
end
