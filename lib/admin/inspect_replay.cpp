// Rebuilds a recorded request.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/inspect_resources.hpp"
#include "base/text.hpp"
#include "http/field_name.hpp"
#include "http/request_parser.hpp"
#include "inspect/content_coding.hpp"
#include "inspect/limits.hpp"
#include "inspect/reading.hpp"
#include "inspect/restored_text.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::HeadView;
using inspect::Original;

// A value for a head must not start another line of it.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// What is wrong with the edits; empty if nothing is.
std::string fault_of(const Json& edits) {
    for (const auto& [key, value] : edits.items()) {
        if (value.is_string() && key != "body" && !is_one_line(value.get_ref<const std::string&>())) {
            return "The " + key + " must be one line.";
        }
        if (key == "headers" && value.is_object()) {
            for (const auto& [name, text] : value.items()) {
                if (!text.is_string() && !text.is_null()) {
                    return "A header must be a string, or null to omit it.";
                }
                if (!is_one_line(name) || (text.is_string() && !is_one_line(text.get_ref<const std::string&>()))) {
                    return "A header must be one line.";
                }
            }
        } else if ((key != "method" && key != "target" && key != "body") || !value.is_string()) {
            return "Expected method, target and body as strings, and headers as an object.";
        }
    }
    return {};
}

bool is_framing(std::string_view name) {
    return http::same_text(name, "Content-Length") || http::same_text(name, "Transfer-Encoding");
}

bool has_mask(std::string_view text) {
    return text.find(inspect::mask) != std::string_view::npos;
}

// Each part of the request is the edited one, otherwise the original, otherwise the recorded one if that has no mask.
class Writing {
public:
    Writing(const Exchange& exchange, const Original& original, const inspect::Secrets& secrets, const Json& edits)
        : exchange_(exchange),
          original_(original),
          secrets_(secrets),
          edits_(edits),
          headers_(edits.value("headers", Json::object())),
          shown_(exchange.request.head),
          head_(original.head.empty() ? exchange.request.head : original.head),
          is_gone_(exchange.request.head_masked && original.head.empty()) {}

    ReplayRequest run() {
        write_line();
        const std::string body = body_again();
        write_fields();
        refuse_other_search();
        if (again_.refused) {
            return std::move(again_);
        }
        std::string& bytes = again_.bytes;
        const bool had_body = !head_.value("Content-Length").empty() || !head_.value("Transfer-Encoding").empty();
        if (!body.empty() || had_body) {
            bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        }
        bytes += "\r\n";
        // Edited parts must pass the rules for every request of a visitor.
        http::RequestParser parser;
        if (parser.parse(bytes) != http::ParseState::complete || parser.size() != bytes.size()) {
            again_.refused = invalid("The edited request is invalid: " + std::string(parser.refusal().text));
        }
        bytes += body;
        return std::move(again_);
    }

private:
    void write_line();
    void write_fields();
    void refuse_other_search();
    std::string body_again();
    std::string edited_body(const std::string& edited);
    std::string edited_field(std::string_view name, const std::string& value);

    std::optional<std::string> edit(const char* key) const {
        const auto found = edits_.find(key);
        return found == edits_.end() ? std::nullopt : std::optional(found->get<std::string>());
    }
    // A body that equals the shown one, with masks, is the recorded body.
    std::optional<std::string> body_edit() const {
        std::optional<std::string> edited = edit("body");
        const inspect::RecordedMessage& request = exchange_.request;
        return request.body_masked && edited == request.body ? std::nullopt : std::move(edited);
    }
    bool is_edited(std::string_view name) const {
        return std::any_of(headers_.items().begin(), headers_.items().end(),
                           [&](const auto& item) { return http::same_text(item.key(), name); });
    }
    void refuse(std::string message) {
        if (!again_.refused) {
            again_.refused = refusal(409, "not_whole", std::move(message));
        }
    }
    void refuse_mask(const std::string& what) {
        refuse(what + " has a mask (***) for which there is no recorded value. Provide the value.");
    }
    void refuse_gone(const std::string& what) {
        refuse("The recorded secrets of " + what + " have expired (kept for 1 hour at most). Provide a new value.");
    }

    const Exchange& exchange_;
    const Original& original_;
    const inspect::Secrets& secrets_;
    const Json& edits_;
    const Json headers_;
    const HeadView shown_;
    const HeadView head_;
    const bool is_gone_;             // masked values of the head are no longer available
    bool body_has_secrets_ = false;  // recorded secrets
    ReplayRequest again_;
};

std::string_view target_in(const HeadView& head) {
    const std::string_view behind = head.line.substr(std::min(head.line.find(' ') + 1, head.line.size()));
    return behind.substr(0, behind.find(' '));
}

void Writing::write_line() {
    std::string target(target_in(head_));
    if (const auto edited = edit("target")) {
        std::optional<std::string> restored = inspect::restored_url(*edited, target, secrets_);
        if (!restored || (is_gone_ && has_mask(*restored))) {
            refuse_mask("The target");
        }
        target = std::move(restored).value_or(std::string());
    } else if (is_gone_ && has_mask(target)) {
        refuse_gone("the target");
    }
    const std::string method = edit("method").value_or(std::string(inspect::method_of(exchange_)));
    again_.bytes = method + ' ' + target + " HTTP/1.1\r\n";
}

void Writing::write_fields() {
    // A body that is stored, or given, without its coding no longer matches this field.
    const bool is_decoded = body_edit() || (exchange_.request.decoded && !original_.body);
    std::string gone;
    for (const auto& [name, value] : head_.fields) {
        const bool lost_coding = is_decoded && http::same_text(name, "Content-Encoding");
        if (is_framing(name) || is_edited(name) || lost_coding) {
            continue;
        }
        if (is_gone_ && has_mask(value)) {
            gone.append(gone.empty() ? "" : ", ").append(name);
        }
        again_.bytes.append(name).append(": ").append(value).append("\r\n");
    }
    if (!gone.empty()) {
        refuse("The recorded values of " + gone +
               " have expired (kept for 1 hour at most). Provide new values, or omit these fields.");
    }
    for (const auto& [name, value] : headers_.items()) {
        if (value.is_string() && !is_framing(name)) {
            again_.bytes.append(name).append(": ").append(edited_field(name, value.get<std::string>())).append("\r\n");
        }
    }
}

// These fields determine how the replay's own record is searched for secrets: others might reveal them.
void Writing::refuse_other_search() {
    for (const auto& [name, value] : headers_.items()) {
        const bool describes_body = http::same_text(name, "Content-Type") || http::same_text(name, "Content-Encoding");
        const std::string text = value.is_string() ? value.get<std::string>() : std::string();
        if (body_has_secrets_ && describes_body && text != head_.value(name) && !again_.refused) {
            again_.refused = invalid("The " + name +
                                     " cannot be changed while the body has recorded secrets. "
                                     "Provide a body without masks.");
        }
    }
}

// A field that equals the shown one, with its mask, is the recorded field, unless there were different ones.
std::string Writing::edited_field(std::string_view name, const std::string& value) {
    bool may_be_secret = secrets_.is_secret(name);
    std::vector<std::string_view> recorded;
    for (std::size_t i = 0; i < shown_.fields.size(); ++i) {  // both heads have the same fields
        if (http::same_text(shown_.fields[i].first, name) && has_mask(shown_.fields[i].second)) {
            may_be_secret = true;
            if (shown_.fields[i].second == value) {
                recorded.push_back(head_.fields[i].second);
            }
        }
    }
    if (!may_be_secret || !has_mask(value)) {
        return value;
    }
    const auto is_other = [&](std::string_view one) { return one != recorded.front(); };
    if (is_gone_ || recorded.empty() || std::any_of(recorded.begin(), recorded.end(), is_other)) {
        refuse_mask("The field " + in_quotes(name));
        return {};
    }
    return std::string(recorded.front());
}

std::string Writing::body_again() {
    const inspect::RecordedMessage& request = exchange_.request;
    if (const auto edited = body_edit()) {
        return edited_body(*edited);
    }
    if (original_.body) {
        body_has_secrets_ = request.body_masked || request.dropped;
        return *original_.body;
    }
    if (request.dropped) {
        refuse("The body was not kept. Provide a new one.");
    } else if (!request.complete) {
        refuse("The recorded body is incomplete. Provide a new one.");
    } else if (request.cut) {
        refuse("The body exceeded the recording limit. Provide a new one.");
    } else if (request.body_masked) {
        refuse_gone("the body");
    }
    return request.body;
}

std::string Writing::edited_body(const std::string& edited) {
    const inspect::RecordedMessage& request = exchange_.request;
    const std::string_view codings = request.decoded ? head_.value("Content-Encoding") : std::string_view();
    std::string original = request.body_masked ? std::string() : request.body;
    if (original_.body) {
        original = inspect::decoded(*original_.body, codings, limits::inspect_decoded_max).value_or(std::string());
    }
    auto restored = inspect::restored_body(edited, original, head_.value("Content-Type"), secrets_);
    if (!restored) {
        refuse_mask("The body");
    }
    body_has_secrets_ = restored != edited;
    return std::move(restored).value_or(std::string());
}

}  // namespace

ReplayRequest build_replay(const Exchange& exchange, const Original& original, const inspect::Secrets& secrets,
                           const Json& edits) {
    if (exchange.kind != Exchange::Kind::http || exchange.request.head.empty()) {
        return {{}, refusal(409, "not_whole", "Only requests can be sent again.")};
    }
    if (std::string fault = fault_of(edits); !fault.empty()) {
        return {{}, invalid(std::move(fault))};
    }
    return Writing(exchange, original, secrets, edits).run();
}

}  // namespace ferrotunnel::admin
