// What hooks of a session's phase read of their subject, and do to it.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "plugin/limits.hpp"
#include "plugin/session_chain_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

using hooks::SessionPhase;

namespace {

const hooks::Notes::value_type* last_of(const hooks::Notes& notes, std::string_view name) noexcept {
    const auto found =
        std::find_if(notes.rbegin(), notes.rend(), [name](const auto& each) { return each.first == name; });
    return found == notes.rend() ? nullptr : &*found;
}

}  // namespace

// Visits are not related to it.
const std::pair<std::string, std::string>* SessionChainRun::metadata(std::size_t nth) const noexcept {
    const auto& pairs = subject_.client->metadata;
    return phase_ != SessionPhase::connect && nth < pairs.size() ? &pairs[nth] : nullptr;
}

std::string_view SessionChainRun::address() const noexcept {
    return phase_ == SessionPhase::connect ? subject_.address : subject_.client->address;
}

// --- reading ---

std::string_view SessionChainRun::text(std::uint32_t what, std::size_t nth) const noexcept {
    const hooks::ServiceFacts* const service = subject_.service.get();
    if (what == FT_SUBJECT_HOST && phase_ == SessionPhase::registration && nth < service->hosts.size()) {
        return service->hosts[nth];
    }
    if (what == FT_SUBJECT_CLIENT_METADATA_KEY || what == FT_SUBJECT_CLIENT_METADATA_VALUE) {
        const auto* const pair = metadata(nth);
        return pair == nullptr                          ? std::string_view()
               : what == FT_SUBJECT_CLIENT_METADATA_KEY ? pair->first
                                                        : pair->second;
    }
    if (nth != 0) {
        return {};
    }
    switch (what) {
        case FT_SUBJECT_ADDRESS:
            return address();
        case FT_SUBJECT_TOKEN:
            return subject_.client->token;
        case FT_SUBJECT_CLIENT:
            return subject_.client->instance;
        case FT_SUBJECT_CLIENT_NAME:
            return subject_.client->name;
        case FT_SUBJECT_AGENT:
            return subject_.client->agent;
        case FT_SUBJECT_HOST:
            return subject_.host;
        default:
            break;
    }
    if (service == nullptr) {
        return {};
    }
    switch (what) {
        case FT_SUBJECT_SERVICE:
            return service->name;
        case FT_SUBJECT_KIND:
            return service->kind;
        case FT_SUBJECT_PATH:
            return service->path;
        case FT_SUBJECT_BIND:
            return service->bind;
        case FT_SUBJECT_METADATA:
            return service->metadata;
        default:
            return {};
    }
}

std::uint64_t SessionChainRun::number(std::uint32_t what) const noexcept {
    switch (what) {
        case FT_SUBJECT_ADDRESS_PORT:
            return phase_ == SessionPhase::connect ? subject_.port : subject_.client->port;
        case FT_SUBJECT_PORT:
            return subject_.service ? subject_.service->port : 0;
        case FT_SUBJECT_VERSION:
            return subject_.client->version;
        case FT_SUBJECT_TRUNK:
            return subject_.client->trunk;
        case FT_SUBJECT_TRUNKS:
            return subject_.client->trunks;
        case FT_SUBJECT_HOSTS:
            return phase_ == SessionPhase::registration ? subject_.service->hosts.size() : 0;
        case FT_SUBJECT_CLIENT_METADATA:
            return phase_ != SessionPhase::connect ? subject_.client->metadata.size() : 0;
        default:
            return 0;
    }
}

std::string_view SessionChainRun::note(std::string_view name) const noexcept {
    const hooks::Notes::value_type* found = last_of(notes_, name);
    if (found == nullptr && subject_.notes) {
        found = last_of(*subject_.notes, name);
    }
    return found != nullptr ? std::string_view(found->second) : std::string_view();
}

// --- deciding, changing ---

// Counts what the running hook has changed, or would have changed.
void SessionChainRun::changed(std::string_view what, std::string_view name) const noexcept {
    const Instance& by = instance(current_);
    by.count(Count::edits);
    if (by.observes()) {
        by.log_change(phase_name(), address(), what, name);
    }
}

bool SessionChainRun::refuse(std::string_view words) {
    if (current_ == none || closing_) {
        return false;
    }
    refusal_ = {printable(words, limits::plugin_words_max), instance(current_).id(), false};
    has_refusal_ = true;
    return true;
}

bool SessionChainRun::set_hosts(std::vector<std::string> hosts) {
    const bool may = current_ != none && phase_ == SessionPhase::registration && !hosts.empty() &&
                     hosts.size() <= limits::plugin_hosts_max &&
                     (subject_.service->kind == "http" || subject_.service->kind == "tls") &&
                     std::all_of(hosts.begin(), hosts.end(), [](const std::string& host) {
                         return !host.empty() && host.size() <= limits::http_host_text_max;
                     });
    if (!may) {
        return false;
    }
    changed("hosts");
    if (!instance(current_).observes()) {
        amendments_.hosts = std::move(hosts);
    }
    return true;
}

bool SessionChainRun::set_limit(std::uint32_t what, std::uint64_t value) {
    const bool may = current_ != none && phase_ == SessionPhase::registration && what < hooks::limit_count &&
                     subject_.service->kind == "http";
    if (!may) {
        return false;
    }
    changed("limit");
    if (!instance(current_).observes()) {
        amendments_.limits[what] = value;
    }
    return true;
}

bool SessionChainRun::set_note(std::string_view name, std::string_view value) {
    const std::size_t before = subject_.notes ? subject_.notes->size() : 0;
    // The operator has not approved the notes of a client's plugins.
    if (current_ == none || current_ >= chain_->chain->client_plugins_begin || name.empty() ||
        before + notes_.size() >= limits::plugin_notes_max ||
        name.size() + value.size() > limits::plugin_texts_max - notes_bytes_) {
        return false;
    }
    if (!instance(current_).observes()) {
        notes_.emplace_back(name, value);
        notes_bytes_ += name.size() + value.size();
    }
    changed("note", name);
    return true;
}

void SessionChainRun::set_state(void* state, InstanceStates::Release release) noexcept {
    if (current_ != none) {
        states_.set(current_, state, release);
    } else {
        InstanceStates::release(state, release);
    }
}

Ticket::Handle SessionChainRun::later(std::uint64_t timeout_ns) {
    return current_ != none && !closing_ ? wait_.take(current_, timeout_ns) : Ticket::Handle{};
}

}  // namespace ferrotunnel::plugin
