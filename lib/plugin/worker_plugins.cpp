#include "plugin/worker_plugins.hpp"

#include "plugin/http_chain_run.hpp"

namespace ferrotunnel::plugin {

WorkerChain::WorkerChain(std::shared_ptr<const Chain> chain_in, WaitSettings waits_in,
                         std::shared_ptr<buffer::Mailbox> mailbox_in)
    : chain(std::move(chain_in)),
      waits(waits_in),
      mailbox(std::move(mailbox_in)),
      waiting_of_(chain->instances.size()) {}

bool WorkerChain::begin_wait(std::size_t instance, std::size_t head_bytes) noexcept {
    const std::size_t of_one_max = (waits.waiting_max + 1) / 2;
    if (waiting_ >= waits.waiting_max || waiting_of_[instance] >= of_one_max ||
        head_bytes_ + head_bytes > limits::plugin_waiting_heads_max) {
        return false;
    }
    ++waiting_;
    ++waiting_of_[instance];
    head_bytes_ += head_bytes;
    return true;
}

void WorkerChain::end_wait(std::size_t instance, std::size_t head_bytes) noexcept {
    --waiting_;
    --waiting_of_[instance];
    head_bytes_ -= head_bytes;
}

WorkerPlugins::WorkerPlugins(std::shared_ptr<const Chain> chain, WaitSettings waits,
                             std::shared_ptr<buffer::Mailbox> mailbox)
    : chain_(make_intrusive<WorkerChain>(std::move(chain), waits, std::move(mailbox))) {}

std::unique_ptr<hooks::HttpRun> WorkerPlugins::begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                                     hooks::RunOwner& owner) {
    return std::make_unique<HttpChainRun>(chain_, head, info, owner);
}

}  // namespace ferrotunnel::plugin
