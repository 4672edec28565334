// What the hooks of a run ask of their exchange, and do to it.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "http/canonical_path.hpp"
#include "http/characters.hpp"
#include "http/target.hpp"
#include "plugin/escaped.hpp"
#include "plugin/failure_reason.hpp"
#include "plugin/http_chain_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {
namespace {

/// The page with which a plugin may refuse a request by this status.
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

using AnswerFields = std::vector<std::pair<std::string, std::string>>;

// What is wrong with these fields of an answer; empty: nothing.
std::string fault_in_fields(const AnswerFields& fields) {
    constexpr std::size_t shown = 64;  // bytes of a name, and of a value
    if (fields.size() > limits::plugin_answer_fields_max) {
        return std::to_string(fields.size()) + " fields, of which " + std::to_string(limits::plugin_answer_fields_max) +
               " may be";
    }
    for (const auto& [name, value] : fields) {
        if (!FieldLog::may_write(name, value)) {
            return "a field that may not be written: \"" + escaped(name, shown) + ": " + escaped(value, shown) + '"';
        }
    }
    return {};
}

std::string fault_in_answer(std::uint32_t status, const AnswerFields& fields, std::string_view body) {
    if (status < 200 || status > 599) {
        return "the status " + std::to_string(status) + ", which is not one from 200 to 599";
    }
    if (body.size() > limits::plugin_answer_max) {
        return "a body of " + std::to_string(body.size()) + " bytes, of which " +
               std::to_string(limits::plugin_answer_max) + " may be";
    }
    if (!body.empty() && (status == 204 || status == 205 || status == 304)) {
        return "a body, which an answer of the status " + std::to_string(status) + " does not have";
    }
    return fault_in_fields(fields);
}

std::string fault_in_page(std::uint32_t status, std::string_view code, const AnswerFields& fields) {
    constexpr std::size_t shown = 80;
    if (!page_with(status)) {
        return "the status " + std::to_string(status) +
               ", for which there is no page (400, 401, 403, 404, 405, 413, 429, 503)";
    }
    return is_code(code) ? fault_in_fields(fields)
                         : "the code \"" + escaped(code, shown) + "\", which is not up to 64 letters, digits and '_'";
}

// False, and the reason is kept: there is a fault.
bool is_sound(std::string_view what, const std::string& fault) {
    if (!fault.empty()) {
        FailureReason::set(what);
        FailureReason::add(fault);
    }
    return fault.empty();
}

}  // namespace

// A copy of `text` that lives as long as the run; nothing where there is no room for it.
std::optional<std::string_view> HttpChainRun::keep(std::string_view text) {
    if (text.size() > limits::plugin_texts_max - texts_bytes_) {
        return std::nullopt;
    }
    texts_bytes_ += text.size();
    if (text.empty()) {
        return std::string_view();
    }
    char* const copy = static_cast<char*>(texts_.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return std::string_view(copy, text.size());
}

// Keeps name and value, for which there is room, in one piece.
void HttpChainRun::keep_texts_of(FieldLog::Change& change) {
    const std::size_t size = change.name.size() + change.value.size();
    texts_bytes_ += size;
    char* const copy = static_cast<char*>(texts_.allocate(size, 1));
    std::memcpy(copy, change.name.data(), change.name.size());
    change.name = {copy, change.name.size()};
    if (!change.value.empty()) {
        std::memcpy(copy + change.name.size(), change.value.data(), change.value.size());
        change.value = {copy + change.name.size(), change.value.size()};
    }
}

// --- looking ---

std::string_view HttpChainRun::get(std::uint32_t what) const noexcept {
    switch (what) {
        case FT_METHOD:
            return head_.method();
        case FT_PATH:
            return path_.empty() ? head_.path() : path_;
        case FT_QUERY:
            return path_.empty() ? head_.query() : query_;
        case FT_HOST:
            return info_.host;
        case FT_VISITOR:
            return info_.visitor;
        case FT_SERVICE:
            return info_.service;
        case FT_REQUEST_ID:
            return info_.id;
        case FT_SCHEME:
            return info_.https ? "https" : "http";
        case FT_TOKEN:
            return info_.token;
        default:
            return {};
    }
}

BaseFields HttpChainRun::base_of(std::uint32_t side) const noexcept {
    if (side == FT_REQUEST) {
        return {&head_, nullptr, nullptr, chain_->identity};
    }
    return phase_ == Phase::response ? BaseFields{nullptr, answer_.fields, answer_.edits, {}} : BaseFields{};
}

std::optional<std::string_view> HttpChainRun::field(std::uint32_t side, std::string_view name, std::size_t nth) const {
    if (side != FT_REQUEST && phase_ != Phase::response) {
        return std::nullopt;
    }
    return (side == FT_REQUEST ? request_log_ : response_log_).value(base_of(side), name, nth);
}

std::optional<http::Edits::Edit> HttpChainRun::field_at(std::uint32_t side, std::size_t i) const {
    if (side != FT_REQUEST && phase_ != Phase::response) {
        return std::nullopt;
    }
    return (side == FT_REQUEST ? request_log_ : response_log_).field(base_of(side), i);
}

// What plugins of a client note is not the operator's word: the operator's plugins do not see it.
std::optional<std::string_view> HttpChainRun::find_note(std::string_view name) const noexcept {
    for (std::size_t i = notes_.size(); i-- > 0;) {
        if (notes_[i].name == name && (!notes_[i].of_client || runs_clients())) {
            return notes_[i].value;
        }
    }
    for (std::size_t i = info_.notes != nullptr ? info_.notes->size() : 0; i-- > 0;) {
        if ((*info_.notes)[i].first == name) {
            return (*info_.notes)[i].second;
        }
    }
    return std::nullopt;
}

void* HttpChainRun::state() const noexcept {
    for (const State& each : states_) {
        if (each.instance == current_) {
            return each.state;
        }
    }
    return nullptr;
}

// --- changing ---

// Counts what the hook that runs has changed, or would have.
void HttpChainRun::changed(std::string_view what, std::string_view name) const noexcept {
    const Instance& by = instance(current_);
    by.count(Count::edits);
    if (by.observes()) {
        by.tell_change(info_.id, what, name);
    }
}

bool HttpChainRun::edit(std::uint32_t side, std::uint32_t how, std::string_view name, std::string_view value) {
    const bool is_there = current_ != none && side == (phase_ == Phase::request ? FT_REQUEST : FT_RESPONSE) &&
                          (phase_ == Phase::request || phase_ == Phase::response);
    constexpr FieldLog::Kind kinds[] = {FieldLog::Kind::add, FieldLog::Kind::set, FieldLog::Kind::remove};
    if (!is_there || how > FT_REMOVE) {
        return false;
    }
    std::optional<FieldLog::Change> change = FieldLog::make(kinds[how], name, value);
    if (!change) {
        return false;
    }
    const std::string_view what = side == FT_REQUEST ? "request field" : "response field";
    if (instance(current_).observes()) {
        changed(what, name);
        return true;
    }
    FieldLog& log = side == FT_REQUEST ? request_log_ : response_log_;
    if (log.is_full() || name.size() + value.size() > limits::plugin_texts_max - texts_bytes_) {
        return false;
    }
    keep_texts_of(*change);
    log.add(*change);
    changed(what, name);
    return true;
}

// A target has to be one that a visitor could have sent for this service and the same instances: they have judged the
// old one.
bool HttpChainRun::set_target(std::string_view path, std::string_view query) {
    if (phase_ != Phase::request || current_ == none) {
        return false;
    }
    const std::string canonical = http::canonical_path(path);
    path = canonical;
    const std::string text = std::string(path).append(query);
    http::Target target;
    std::string_view authority;
    const bool is_target = http::scan_target(text.data(), text.data() + text.size()) == text.data() + text.size() &&
                           text.size() <= limits::http_target_max &&
                           http::read_target(text, http::Method::get, target, authority) == http::Fault::none &&
                           target.form == http::TargetForm::origin && target.path == path && target.query == query;
    if (!is_target || !owner_.is_same_service(path) || !meets_same_instances(path, query)) {
        return false;
    }
    if (instance(current_).observes()) {
        changed("target");
        return true;
    }
    const auto kept_path = keep(path);
    const auto kept_query = keep(query);
    if (kept_path && kept_query) {
        path_ = *kept_path;
        query_ = *kept_query;
        changed("target");
    }
    return kept_path && kept_query;
}

bool HttpChainRun::answer(std::uint32_t status, std::vector<std::pair<std::string, std::string>> fields,
                          std::string_view body) {
    if (!is_sound("it has answered with ", fault_in_answer(status, fields, body)) || current_ == none ||
        phase_ == Phase::close) {
        return false;
    }
    reply_ = {};
    reply_.status = static_cast<std::uint16_t>(status);
    reply_.fields = std::move(fields);
    reply_.body = body;
    reply_.why = "the plugin " + instance(current_).id() + " has answered";
    has_reply_ = true;
    return true;
}

bool HttpChainRun::reject(std::uint32_t status, std::string_view code,
                          std::vector<std::pair<std::string, std::string>> fields) {
    const std::optional<http::PageState> page = page_with(status);
    if (!is_sound("it has refused with ", fault_in_page(status, code, fields)) || current_ == none ||
        phase_ == Phase::close) {
        return false;
    }
    reply_ = {};
    reply_.page = page;
    reply_.code = code;
    reply_.fields = std::move(fields);
    reply_.why = "the plugin " + instance(current_).id() + " has refused it";
    has_reply_ = true;
    return true;
}

bool HttpChainRun::set_note(std::string_view name, std::string_view value) {
    if (current_ == none || name.empty() || notes_.size() == limits::plugin_notes_max) {
        return false;
    }
    if (instance(current_).observes()) {
        changed("note", name);
        return true;
    }
    const auto kept_name = keep(name);
    const auto kept_value = keep(value);
    if (kept_name && kept_value) {
        notes_.push_back({*kept_name, *kept_value, runs_clients()});
        changed("note", name);
    }
    return kept_name && kept_value;
}

void HttpChainRun::set_state(void* state, void (*release)(void*)) {
    if (current_ == none) {
        if (release != nullptr) {
            release(state);
        }
        return;
    }
    const auto found =
        std::find_if(states_.begin(), states_.end(), [this](const State& each) { return each.instance == current_; });
    if (found == states_.end()) {
        try {
            states_.push_back({current_, state, release});
        } catch (...) {
            if (release != nullptr) {
                release(state);
            }
            throw;
        }
        return;
    }
    const State before = std::exchange(*found, {current_, state, release});
    if (before.release != nullptr && before.state != state) {
        before.release(before.state);
    }
}

Ticket::Handle HttpChainRun::later(std::uint64_t timeout_ns) {
    const bool may_wait = current_ != none && (phase_ == Phase::request || phase_ == Phase::response);
    return may_wait ? wait_.take(current_, timeout_ns) : Ticket::Handle{};
}

}  // namespace ferrotunnel::plugin
