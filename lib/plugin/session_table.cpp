// The functions of ft_session, called from C. No exception leaves them; without memory they do nothing.
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "plugin/failure_reason.hpp"
#include "plugin/host.hpp"
#include "plugin/limits.hpp"
#include "plugin/session_chain_run.hpp"

namespace ferrotunnel::plugin {
namespace {

SessionChainRun& run_about(ft_subject* subject) {
    return *static_cast<SessionChainRun*>(subject);
}

/// Calls `action`, which returns whether something was done.
template <typename Action>
std::int32_t done_by(Action action) noexcept {
    try {
        return action() ? 1 : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

ft_text subject_text(ft_subject* subject, std::uint32_t what, std::size_t nth) {
    return text_of(run_about(subject).text(what, nth));
}

std::uint64_t subject_number(ft_subject* subject, std::uint32_t what) {
    return run_about(subject).number(what);
}

std::int32_t refuse(ft_subject* subject, ft_text words) {
    return done_by([&] { return run_about(subject).refuse(view(words)); });
}

std::int32_t set_hosts(ft_subject* subject, const ft_text* hosts, std::size_t count) {
    return done_by([&] {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < count && i <= limits::plugin_hosts_max; ++i) {  // one too many is reported as such
            all.emplace_back(view(hosts[i]));
        }
        return run_about(subject).set_hosts(std::move(all));
    });
}

std::int32_t set_limit(ft_subject* subject, std::uint32_t what, std::uint64_t value) {
    return done_by([&] { return run_about(subject).set_limit(what, value); });
}

ft_text subject_note(ft_subject* subject, ft_text name) {
    return text_of(run_about(subject).note(view(name)));
}

std::int32_t set_subject_note(ft_subject* subject, ft_text name, ft_text value) {
    return done_by([&] { return run_about(subject).set_note(view(name), view(value)); });
}

void* subject_state(ft_subject* subject) {
    return run_about(subject).state();
}

void set_subject_state(ft_subject* subject, void* state, void (*release)(void*)) {
    run_about(subject).set_state(state, release);
}

ft_later owe(ft_subject* subject, std::uint64_t timeout_ns) {
    const Ticket::Handle handle = run_about(subject).later(timeout_ns);
    return {handle.ticket, handle.generation};
}

void resume_subject(ft_later later, ft_decision (*then)(ft_subject*, void*), void* user, void (*release)(void*)) {
    Ticket::decide({static_cast<Ticket*>(later.ticket), later.generation}, {nullptr, user, release, then});
}

void drop_subject(ft_later later) {
    resume_subject(
        later,
        [](ft_subject*, void*) -> ft_decision {
            FailureReason::set(decision_dropped);
            return FT_FAILED;
        },
        nullptr, nullptr);
}

}  // namespace

const ft_session& session_table() noexcept {
    static const ft_session table{
        sizeof(ft_session), subject_text,  subject_number,    refuse, set_hosts,      set_limit,   subject_note,
        set_subject_note,   subject_state, set_subject_state, owe,    resume_subject, drop_subject};
    return table;
}

}  // namespace ferrotunnel::plugin
