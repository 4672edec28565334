// Runs the chain for one call of a session's phase: a login, a registration, or a visitor.
//
//   0 --continue--> 1 --continue--> ... --> accepted            a visit: close, for those that were called
//   | '--refuses, fails closed--> refused
//   '--later--> wait --decided--> `then` instead of the hook; expired or dropped--> failed
//
// A failure takes back what the instance noted and amended, and refuses (closed) or continues (open).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "hooks/session_run.hpp"
#include "plugin/decision_wait.hpp"
#include "plugin/instance.hpp"
#include "plugin/instance_states.hpp"
#include "plugin/scope.hpp"
#include "plugin/ticket.hpp"

/// The opaque subject of plugin_abi.h.
struct ft_subject {};

namespace ferrotunnel::plugin {

class WorkerChain;

/// Whether the type has a hook for that phase.
bool has_hook(const ft_type& type, hooks::SessionPhase phase) noexcept;

class SessionChainRun final : public hooks::SessionRun, public ft_subject, private DecisionWait::Owner {
public:
    SessionChainRun(IntrusivePtr<WorkerChain> chain, hooks::SessionPhase phase, hooks::Subject subject,
                    hooks::SessionRunOwner& owner);
    ~SessionChainRun() override;
    SessionChainRun(const SessionChainRun&) = delete;
    SessionChainRun& operator=(const SessionChainRun&) = delete;

    hooks::Step ask(TimePoint now) noexcept override;
    TimePoint wait_until() const noexcept override { return wait_.until(); }
    void expire() noexcept override { wait_.expire(); }
    hooks::SessionRefusal take_refusal() noexcept override { return std::move(refusal_); }
    hooks::Amendments take_amendments() override;
    void close(const hooks::VisitOutcome& outcome) noexcept override;

    // --- what a running hook may read and do, see plugin_abi.h ---

    std::string_view text(std::uint32_t what, std::size_t nth) const noexcept;
    std::uint64_t number(std::uint32_t what) const noexcept;
    bool refuse(std::string_view words);
    bool set_hosts(std::vector<std::string> hosts);
    bool set_limit(std::uint32_t what, std::uint64_t value);
    std::string_view note(std::string_view name) const noexcept;
    bool set_note(std::string_view name, std::string_view value);
    void* state() const noexcept { return states_.get(current_); }
    void set_state(void* state, InstanceStates::Release release) noexcept;
    Ticket::Handle later(std::uint64_t timeout_ns);

private:
    void on_decision() noexcept override { owner_.on_decision(); }

    const Instance& instance(std::size_t i) const noexcept;
    std::size_t instances() const noexcept;
    bool was_called(std::size_t i) const noexcept;
    std::optional<hooks::Step> call_hook(std::size_t i, TimePoint now) noexcept;
    ft_decision call(const Instance& asked);
    std::optional<hooks::Step> decided(const Instance& asked, ft_decision decision, TimePoint now) noexcept;
    std::optional<hooks::Step> failed(const Instance& asked, std::string_view why) noexcept;
    void changed(std::string_view what, std::string_view name = {}) const noexcept;
    HookKind hook_kind() const noexcept;
    std::string_view phase_name() const noexcept { return name_of(hook_kind()); }
    std::string_view address() const noexcept;
    const std::pair<std::string, std::string>* metadata(std::size_t nth) const noexcept;

    const IntrusivePtr<WorkerChain> chain_;
    const hooks::SessionPhase phase_;
    const hooks::Subject subject_;
    hooks::SessionRunOwner& owner_;
    DecisionWait wait_;

    static constexpr std::size_t none = SIZE_MAX;

    std::size_t next_ = 0;        // the next instance
    InstanceSet asked_ = 0;       // the instances that were called, and are not switched off
    std::size_t current_ = none;  // whose hook is running
    bool closing_ = false;

    hooks::Notes notes_;           // after those of the subject
    std::size_t notes_bytes_ = 0;  // of their texts
    hooks::Amendments amendments_;
    // The state before the hook that runs or waits.
    std::size_t notes_before_ = 0;
    hooks::Amendments amendments_before_;
    InstanceStates states_;
    hooks::SessionRefusal refusal_;
    bool has_refusal_ = false;
};

}  // namespace ferrotunnel::plugin
