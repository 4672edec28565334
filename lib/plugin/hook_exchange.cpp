#include "plugin/hook_exchange.hpp"

#include <string>
#include <utility>

#include "base/limits.hpp"
#include "http/canonical_path.hpp"
#include "http/characters.hpp"
#include "http/target.hpp"

namespace ferrotunnel::plugin {

std::string_view HookExchange::get(std::uint32_t what) const noexcept {
    const hooks::RequestInfo& info = needs_.at.info;
    switch (what) {
        case FT_METHOD:
            return needs_.heads.method();
        case FT_PATH:
            return needs_.heads.path();
        case FT_QUERY:
            return needs_.heads.query();
        case FT_HOST:
            return info.host;
        case FT_VISITOR:
            return info.visitor;
        case FT_SERVICE:
            return info.service;
        case FT_REQUEST_ID:
            return info.id;
        case FT_SCHEME:
            return info.https ? "https" : "http";
        case FT_TOKEN:
            return info.token;
        case FT_CLIENT_CERTIFICATE_SUBJECT:
            return info.certificate != nullptr ? std::string_view(info.certificate->subject) : std::string_view();
        case FT_CLIENT_CERTIFICATE_NAMES:
            return info.certificate != nullptr ? std::string_view(info.certificate->names) : std::string_view();
        case FT_CLIENT_CERTIFICATE_FINGERPRINT:
            return info.certificate != nullptr ? std::string_view(info.certificate->fingerprint) : std::string_view();
        default:
            return {};
    }
}

std::uint16_t HookExchange::status() const noexcept {
    const RunPosition& position = needs_.at.position;
    return position.phase == RunPhase::response ? position.answer.status : position.closing_status;
}

std::string_view HookExchange::note(std::string_view name) const noexcept {
    return needs_.notes.find(name, needs_.at.is_in_clients_hook()).value_or(std::string_view());
}

// Counts what the running hook has changed, or would have changed.
void HookExchange::changed(std::string_view what, std::string_view name) const noexcept {
    const Instance& by = needs_.at.current();
    by.count(Count::edits);
    if (by.observes()) {
        by.log_change(needs_.at.info.id, what, name);
    }
}

bool HookExchange::edit(std::uint32_t side, std::uint32_t how, std::string_view name, std::string_view value) {
    const RunContext& at = needs_.at;
    const bool is_now = at.is_in_hook() && ((side == FT_REQUEST && at.is_in(RunPhase::request)) ||
                                            (side == FT_RESPONSE && at.is_in(RunPhase::response)));
    constexpr FieldLog::Kind kinds[] = {FieldLog::Kind::add, FieldLog::Kind::set, FieldLog::Kind::remove};
    if (!is_now || how > FT_REMOVE) {
        return false;
    }
    std::optional<FieldLog::Change> change = FieldLog::make(kinds[how], name, value);
    if (!change || (!observes() && !needs_.heads.edit(side, *change, name.size() + value.size()))) {
        return false;
    }
    changed(side == FT_REQUEST ? "request field" : "response field", name);
    return true;
}

// Whether a visitor could have sent this target.
bool HookExchange::is_target(std::string_view path, std::string_view query) const {
    const std::string text = std::string(path).append(query);
    http::Target target;
    std::string_view authority;
    return http::scan_target(text.data(), text.data() + text.size()) == text.data() + text.size() &&
           text.size() <= limits::http_target_max &&
           http::read_target(text, http::Method::get, target, authority) == http::Fault::none &&
           target.form == http::TargetForm::origin && target.path == path && target.query == query;
}

// Another target must be for the same service and the same instances, which have judged the earlier one.
bool HookExchange::set_target(std::string_view path, std::string_view query) {
    if (!needs_.at.is_in(RunPhase::request) || !needs_.at.is_in_hook()) {
        return false;
    }
    const std::string canonical = http::canonical_path(path);
    if (!is_target(canonical, query) || !needs_.owner.is_same_service(canonical) ||
        !needs_.selection.is_same_for(canonical, query) ||
        (!observes() && !needs_.heads.set_target(canonical, query))) {
        return false;
    }
    changed("target");
    return true;
}

bool HookExchange::set_note(std::string_view name, std::string_view value) {
    if (!needs_.at.is_in_hook() || name.empty() || needs_.notes.is_full() ||
        (!observes() && !needs_.notes.add(name, value, needs_.at.is_in_clients_hook()))) {
        return false;
    }
    changed("note", name);
    return true;
}

void HookExchange::set_state(void* state, InstanceStates::Release release) noexcept {
    if (needs_.at.is_in_hook()) {
        needs_.states.set(needs_.at.position.current, state, release);
    } else {
        InstanceStates::release(state, release);
    }
}

bool HookExchange::answer(std::uint32_t status, HookReply::Fields fields, std::string_view body) {
    if (!HookReply::may_answer(status, fields, body) || !may_answer()) {
        return false;
    }
    needs_.reply.answer(needs_.at.current().id(), status, std::move(fields), body);
    return true;
}

bool HookExchange::reject(std::uint32_t status, std::string_view code, HookReply::Fields fields) {
    if (!HookReply::may_reject(status, code, fields) || !may_answer()) {
        return false;
    }
    needs_.reply.reject(needs_.at.current().id(), status, code, std::move(fields));
    return true;
}

Ticket::Handle HookExchange::later(std::uint64_t timeout_ns) noexcept {
    const RunContext& at = needs_.at;
    const bool may_wait = at.is_in_hook() && (at.is_in(RunPhase::request) || at.is_in(RunPhase::response));
    return may_wait ? needs_.wait.take(at.position.current, timeout_ns) : Ticket::Handle{};
}

}  // namespace ferrotunnel::plugin
