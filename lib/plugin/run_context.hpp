// What the parts of a run read: the chain, the request, and the position in the chain.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hooks/http_run.hpp"
#include "plugin/instance.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

enum class RunPhase : std::uint8_t { none, request, response, close };

/// The position of a run, changed by the run and read by its parts.
struct RunPosition {
    static constexpr std::size_t none = SIZE_MAX;

    RunPhase phase = RunPhase::none;
    std::size_t current = none;        // the instance whose hook is running
    hooks::AnswerView answer{};        // during a call of HttpRun::response()
    std::uint16_t closing_status = 0;  // of the whole exchange, in the phase `close`
};

/// Read access for every part of a run. The run owns the values and outlives its parts.
struct RunContext {
    WorkerChain& chain;
    const hooks::RequestInfo& info;
    const RunPosition& position;

    const Instance& instance(std::size_t i) const noexcept { return *chain.chain->instances[i]; }
    std::size_t instances() const noexcept { return chain.chain->instances.size(); }
    bool is_in(RunPhase phase) const noexcept { return position.phase == phase; }
    bool is_in_hook() const noexcept { return position.current != RunPosition::none; }
    /// The instance whose hook is running.
    const Instance& current() const noexcept { return instance(position.current); }
    /// Whether the running hook belongs to a plugin that a client has requested.
    bool is_in_clients_hook() const noexcept {
        return is_in_hook() && position.current >= chain.chain->client_plugins_begin;
    }
};

}  // namespace ferrotunnel::plugin
