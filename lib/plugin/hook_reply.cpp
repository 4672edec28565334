#include "plugin/hook_reply.hpp"

#include <algorithm>
#include <optional>

#include "base/limits.hpp"
#include "http/page.hpp"
#include "plugin/escaped.hpp"
#include "plugin/failure_reason.hpp"
#include "plugin/field_log.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {
namespace {

/// The page for a request that a plugin rejects with this status.
std::optional<http::PageState> page_with(std::uint32_t status) {
    using http::PageState;
    switch (status) {
        case 400:
            return PageState::bad_request;
        case 401:
            return PageState::unauthorized;
        case 403:
            return PageState::forbidden;
        case 404:
            return PageState::unknown_path;
        case 405:
            return PageState::method_not_allowed;
        case 413:
            return PageState::body_too_large;
        case 429:
            return PageState::over_limit;
        case 503:
            return PageState::busy;
        default:
            return std::nullopt;
    }
}

bool is_code(std::string_view code) {
    return code.size() <= limits::plugin_code_max && std::all_of(code.begin(), code.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
           });
}

// The fault in these fields of a response; empty if there is none.
std::string fault_in_fields(const HookReply::Fields& fields) {
    constexpr std::size_t shown = 64;  // bytes of a name, and of a value
    if (fields.size() > limits::plugin_answer_fields_max) {
        return std::to_string(fields.size()) + " fields; at most " + std::to_string(limits::plugin_answer_fields_max) +
               " are allowed";
    }
    for (const auto& [name, value] : fields) {
        if (!FieldLog::may_write(name, value)) {
            return "a field that must not be written: \"" + escaped(name, shown) + ": " + escaped(value, shown) + '"';
        }
    }
    return {};
}

std::string fault_in_answer(std::uint32_t status, const HookReply::Fields& fields, std::string_view body) {
    if (status < 200 || status > 599) {
        return "the status " + std::to_string(status) + ", which is not from 200 to 599";
    }
    if (body.size() > limits::plugin_answer_max) {
        return "a body of " + std::to_string(body.size()) + " bytes; at most " +
               std::to_string(limits::plugin_answer_max) + " are allowed";
    }
    if (!body.empty() && (status == 204 || status == 205 || status == 304)) {
        return "a body, which a response with the status " + std::to_string(status) + " cannot have";
    }
    return fault_in_fields(fields);
}

std::string fault_in_page(std::uint32_t status, std::string_view code, const HookReply::Fields& fields) {
    constexpr std::size_t shown = 80;
    if (!page_with(status)) {
        return "the status " + std::to_string(status) +
               ", for which there is no page (400, 401, 403, 404, 405, 413, 429, 503)";
    }
    return is_code(code) ? fault_in_fields(fields)
                         : "the code \"" + escaped(code, shown) + "\", which is not up to 64 letters, digits and '_'";
}

// Returns false, and stores the reason, if there is a fault.
bool is_sound(std::string_view what, const std::string& fault) {
    if (!fault.empty()) {
        FailureReason::set(what);
        FailureReason::add(fault);
    }
    return fault.empty();
}

}  // namespace

bool HookReply::may_answer(std::uint32_t status, const Fields& fields, std::string_view body) {
    return is_sound("it answered with ", fault_in_answer(status, fields, body));
}

bool HookReply::may_reject(std::uint32_t status, std::string_view code, const Fields& fields) {
    return is_sound("it refused with ", fault_in_page(status, code, fields));
}

void HookReply::answer(std::string_view plugin, std::uint32_t status, Fields fields, std::string_view body) {
    reply_ = {};
    reply_.status = static_cast<std::uint16_t>(status);
    reply_.fields = std::move(fields);
    reply_.body = body;
    reply_.why.append("the plugin ").append(plugin).append(" answered");
    is_made_ = true;
}

void HookReply::reject(std::string_view plugin, std::uint32_t status, std::string_view code, Fields fields) {
    reply_ = {};
    reply_.page = page_with(status);
    reply_.code = code;
    reply_.fields = std::move(fields);
    reply_.why.append("the plugin ").append(plugin).append(" refused it");
    is_made_ = true;
}

}  // namespace ferrotunnel::plugin
