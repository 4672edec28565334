// The plugins of one worker: the chain that its exchanges begin with, and how many of them wait.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/limits.hpp"
#include "buffer/mailbox.hpp"
#include "hooks/http_run.hpp"
#include "plugin/instance.hpp"

namespace ferrotunnel::plugin {

/// The instances that requests pass, in the operator's order. Immutable; all workers share it.
struct Chain {
    std::vector<std::shared_ptr<Instance>> instances;
};

struct WaitSettings {
    Duration longest = std::chrono::seconds(5);
    std::size_t waiting_max = limits::plugin_waiting_max;
};

/// A chain on one worker, and those of its exchanges that wait. Runs hold it, so that their counts meet on no line of
/// memory that other workers write.
class WorkerChain : public RefCounted {
public:
    WorkerChain(std::shared_ptr<const Chain> chain_in, WaitSettings waits_in,
                std::shared_ptr<buffer::Mailbox> mailbox_in);

    const std::shared_ptr<const Chain> chain;
    const WaitSettings waits;
    const std::shared_ptr<buffer::Mailbox> mailbox;

    /// Counts one more that waits for the instance, with the copy of its head. False: too many do.
    bool begin_wait(std::size_t instance, std::size_t head_bytes) noexcept;
    void end_wait(std::size_t instance, std::size_t head_bytes) noexcept;
    std::size_t waiting() const noexcept { return waiting_; }

private:
    std::size_t waiting_ = 0;
    std::size_t head_bytes_ = 0;
    std::vector<std::size_t> waiting_of_;  // by instance
};

class WorkerPlugins final : public hooks::HttpHooks {
public:
    /// On the worker whose mailbox it is, or before that runs.
    WorkerPlugins(std::shared_ptr<const Chain> chain, WaitSettings waits, std::shared_ptr<buffer::Mailbox> mailbox);

    std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                          hooks::RunOwner& owner) override;

    /// How many exchanges wait for decisions.
    std::size_t waiting() const noexcept { return chain_->waiting(); }

private:
    IntrusivePtr<WorkerChain> chain_;
};

}  // namespace ferrotunnel::plugin
