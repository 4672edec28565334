// Accepts only webhooks that are signed by their sender. See plugins/webhook-verify/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "webhook-verify/hmac.hpp"
#include "webhook-verify/signature.hpp"

namespace ferrotunnel::plugins {

class WebhookVerify final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "webhook-verify",
                                                     .version = "1.0",
                                                     .summary = "accepts webhooks that are signed by their sender",
                                                     .schema = R"({
            "type": "object",
            "required": ["style", "secrets"],
            "properties": {
                "style": {"type": "string", "enum": ["github", "stripe", "slack", "generic"],
                          "description": "Sender of the requests, which determines the signature format."},
                "secrets": {"type": ["string", "array"], "items": {"type": "string", "format": "secret"},
                            "minItems": 1, "maxItems": 4,
                            "description": "Secrets shared with the sender; a signature by any of them is accepted."},
                "max_body": {"type": "string", "format": "bytes", "formatMinimum": "1", "formatMaximum": "1MiB",
                             "default": "256KiB", "description": "Maximum size of a request body."},
                "tolerance": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                              "description": "stripe and slack: allowed clock difference. Default: 5m."},
                "status": {"type": "integer", "minimum": 400, "maximum": 404, "default": 401,
                           "description": "Status for rejected requests: 400, 401, 403 or 404."},
                "header": {"type": "string", "minLength": 1, "maxLength": 100,
                           "description": "generic: field with the signature."},
                "prefix": {"type": "string", "maxLength": 100,
                           "description": "generic: text before the digest, like sha256=. Default: none."},
                "encoding": {"type": "string", "enum": ["hex", "base64"],
                             "description": "generic: encoding of the digest. Default: hex."},
                "algorithm": {"type": "string", "enum": ["sha1", "sha256", "sha512"],
                              "description": "generic: digest algorithm. Default: sha256."}
            }
        })",
                                                     .guard = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit WebhookVerify(const plugin::Settings& settings);

    plugin::Decision on_request(plugin::Exchange& exchange) override;

private:
    plugin::Decision judge(plugin::Exchange& exchange, const SignatureClaim& claim, plugin::Text body) const;
    plugin::Decision refuse(const plugin::Exchange& exchange, std::string_view why) const;

    SignatureStyle style_;
    std::vector<HmacKey> keys_;
    std::size_t max_body_;
    std::uint16_t status_;
};

}  // namespace ferrotunnel::plugins
