#include "webhook-verify/webhook_verify.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "common/settings_list.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

constexpr const char* refused = "webhook_refused";
constexpr std::chrono::minutes usual_tolerance{5};

std::chrono::seconds time_of_day() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
}

SignatureStyle read_style(const Settings& settings) {
    using Kind = SignatureStyle::Kind;
    const Text name = settings.text("style").value_or(Text());
    SignatureStyle style;
    style.tolerance = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds(
        settings.integer("tolerance").value_or(std::chrono::nanoseconds(usual_tolerance).count())));
    if (name == "github") {
        style.field = "X-Hub-Signature-256";
        style.prefix = "sha256=";
    } else if (name == "stripe") {
        style.kind = Kind::stripe;
        style.field = "Stripe-Signature";
    } else if (name == "slack") {
        style.kind = Kind::slack;
        style.field = "X-Slack-Signature";
        style.time_field = "X-Slack-Request-Timestamp";
        style.prefix = "v0=";
    } else {
        style.field = settings.text("header").value_or(Text());
        style.prefix = settings.text("prefix").value_or(Text());
        style.is_base64 = settings.text("encoding").value_or("hex") == "base64";
        const Text algorithm = settings.text("algorithm").value_or("sha256");
        style.hash = algorithm == "sha1" ? HashName::sha1 : algorithm == "sha512" ? HashName::sha512 : HashName::sha256;
    }
    return style;
}

std::vector<Text> values_of(const Exchange& exchange, const std::string& name) {
    std::vector<Text> values;
    while (!name.empty() && values.size() < 2) {  // two are too many already
        const std::optional<Text> value = exchange.field(Side::request, name, values.size());
        if (!value) {
            break;
        }
        values.push_back(*value);
    }
    return values;
}

}  // namespace

void WebhookVerify::check(const Settings& settings) {
    const Text style = settings.text("style").value_or(Text());
    const bool is_generic = style == "generic";
    for (const char* const key : {"header", "prefix", "encoding", "algorithm"}) {
        if (!is_generic && settings.text(key)) {
            settings.problem(key, "is only for the style `generic`: the others define it");
        }
    }
    if (settings.integer("tolerance") && style != "stripe" && style != "slack") {
        settings.problem("tolerance", "is only for the styles `stripe` and `slack`: the others sign no time");
    }
    if (is_generic && !settings.text("header")) {
        settings.problem({}, "needs `header`, the field with the signature");
    } else if (is_generic && !plugin::may_write(*settings.text("header"))) {
        settings.problem("header",
                         "is not a field that a plugin sees: it is not a valid name, or a field that the edge sets");
    }
    if (settings.integer("status").value_or(0) == 402) {
        settings.problem("status", "is not one of 400, 401, 403 and 404");
    }
    for (std::size_t i = 0; i < settings.count("secrets"); ++i) {
        const std::string path = "secrets[" + std::to_string(i) + "]";
        if (settings.text(path).value_or(Text()).empty()) {
            settings.problem(path, "is empty, so anybody could sign");
        }
    }
    settings.sets_note("webhook.secret");
}

WebhookVerify::WebhookVerify(const Settings& settings)
    : style_(read_style(settings)),
      max_body_(static_cast<std::size_t>(settings.integer("max_body").value_or(0))),
      status_(static_cast<std::uint16_t>(settings.integer("status").value_or(401))) {
    for (const std::string& secret : settings_list(settings, "secrets")) {
        keys_.emplace_back(style_.hash, secret);
    }
}

// The fields are checked first: the body of a request that cannot be genuine is not read.
Decision WebhookVerify::on_request(Exchange& exchange) {
    std::string_view fault;
    std::optional<SignatureClaim> claim = read_claim(
        style_, {values_of(exchange, style_.field), values_of(exchange, style_.time_field)}, time_of_day(), fault);
    if (!claim) {
        return refuse(exchange, fault);
    }
    return exchange.collect(
        max_body_, [this, claim = std::move(*claim)](Exchange& whole, Text body) { return judge(whole, claim, body); });
}

// The time is checked again, because a body can be sent slowly.

Decision WebhookVerify::judge(Exchange& exchange, const SignatureClaim& claim, Text body) const {
    if (std::string_view fault; !is_timely(claim, style_, time_of_day(), fault)) {
        return refuse(exchange, fault);
    }
    const std::optional<std::size_t> key = find_key(claim, body, keys_);
    if (!key) {
        return refuse(exchange, "its signature does not match the secrets and the body");
    }
    exchange.set_note("webhook.secret", std::to_string(*key + 1));
    return Decision::go_on();
}

Decision WebhookVerify::refuse(const Exchange& exchange, std::string_view why) const {
    log(Level::info, std::string("the request ").append(exchange.request_id()).append(" is rejected: ").append(why));
    if (status_ != 401) {
        return Decision::reject(status_, refused);
    }
    return Decision::reject(status_, refused, {{"WWW-Authenticate", "Webhook"}});
}

}  // namespace ferrotunnel::plugins
