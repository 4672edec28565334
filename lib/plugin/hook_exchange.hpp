// The hooks' view of an exchange: what they may read, change, answer, store and wait for; see plugin_abi.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hooks/http_run.hpp"
#include "plugin/body_collection.hpp"
#include "plugin/body_run.hpp"
#include "plugin/decision_wait.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/exchange_notes.hpp"
#include "plugin/hook_reply.hpp"
#include "plugin/instance_selection.hpp"
#include "plugin/instance_states.hpp"
#include "plugin/run_context.hpp"
#include "plugin/ticket.hpp"

/// The opaque exchange of plugin_abi.h.
struct ft_exchange {};

namespace ferrotunnel::plugin {

/// Checks whether the running hook may do what it requests, counts it, and passes it to the parts of the run. An
/// instance that observes changes nothing.
class HookExchange : public ft_exchange {
public:
    struct Needs {
        const RunContext& at;
        ExchangeHeads& heads;
        ExchangeNotes& notes;
        const InstanceSelection& selection;
        BodyRun& bodies;
        BodyCollection& collection;
        HookReply& reply;
        InstanceStates& states;
        DecisionWait& wait;
        const hooks::RunOwner& owner;
    };

    explicit HookExchange(const Needs& needs) noexcept : needs_(needs) {}
    HookExchange(const HookExchange&) = delete;
    HookExchange& operator=(const HookExchange&) = delete;

    std::string_view get(std::uint32_t what) const noexcept;
    const ExchangeHeads& heads() const noexcept { return needs_.heads; }
    std::uint16_t status() const noexcept;
    hooks::Origin origin() const noexcept { return needs_.at.position.answer.origin; }
    std::string_view note(std::string_view name) const noexcept;
    void* state() const noexcept { return needs_.states.get(needs_.at.position.current); }

    bool edit(std::uint32_t side, std::uint32_t how, std::string_view name, std::string_view value);
    bool set_target(std::string_view path, std::string_view query);
    bool set_note(std::string_view name, std::string_view value);
    void set_state(void* state, InstanceStates::Release release) noexcept;
    bool answer(std::uint32_t status, HookReply::Fields fields, std::string_view body);
    bool reject(std::uint32_t status, std::string_view code, HookReply::Fields fields);
    Ticket::Handle later(std::uint64_t timeout_ns) noexcept;
    BodyRun& bodies() noexcept { return needs_.bodies; }
    BodyCollection& collection() noexcept { return needs_.collection; }

private:
    bool may_answer() const noexcept { return needs_.at.is_in_hook() && !needs_.at.is_in(RunPhase::close); }
    bool observes() const noexcept { return needs_.at.current().observes(); }
    bool is_target(std::string_view path, std::string_view query) const;
    void changed(std::string_view what, std::string_view name = {}) const noexcept;

    const Needs needs_;
};

}  // namespace ferrotunnel::plugin
