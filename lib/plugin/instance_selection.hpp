// Selects the instances of a chain that run for an exchange: their scope matches the request, and their condition holds
// when their turn comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hooks/http_run.hpp"
#include "http/head.hpp"
#include "plugin/condition.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/exchange_notes.hpp"
#include "plugin/run_context.hpp"
#include "plugin/scope.hpp"

namespace ferrotunnel::plugin {

class InstanceSelection {
public:
    enum class Entry : std::uint8_t {
        enters,
        skipped,
        unclear,  // readings of the path differ in whether the instance runs
        rejects,  // it would run, and rejects paths with several readings
    };

    /// `scope`: the result of the chain's scopes. `body`: the request's, as announced.
    InstanceSelection(const RunContext& at, const ExchangeHeads& heads, const ExchangeNotes& notes, InScope scope,
                      const http::Body& body) noexcept;

    /// Whether the scopes give a clear result. False: the request is rejected.
    bool is_clear() const noexcept { return scope_.outcome == ScopeOutcome::found; }
    /// Decides on an instance when its turn comes. Later calls return the same.
    Entry enter(std::size_t i) noexcept;
    bool has_entered(std::size_t i) const noexcept { return (entered_ & bit_of(i)) != 0; }
    /// The instance is switched off before its first hook: it gets no other.
    void leave(std::size_t i) noexcept { entered_ &= ~bit_of(i); }
    /// Whether the same instances would run for another target, as far as can be decided now.
    bool is_same_for(std::string_view path, std::string_view query) const noexcept;
    /// The response to a request that is not clear, or to one with this `entry`.
    hooks::Reply refusal(Entry entry) const;

private:
    class Maps;

    ConditionRequest condition_request(std::string_view path, std::string_view query) const noexcept;
    bool rejects(std::size_t i, std::string_view path) const noexcept;

    const RunContext& at_;
    const ExchangeHeads& heads_;
    const ExchangeNotes& notes_;
    const InScope scope_;
    const std::int64_t body_size_;  // 0: not announced
    InstanceSet entered_ = 0;
};

}  // namespace ferrotunnel::plugin
