#include "etcd_store/name_queues.hpp"

namespace ferrotunnel::etcd_store {

// Places of names in ready_ and paused_ stay: next() passes over those that have nothing to do.
std::vector<std::uint64_t> NameQueues::take_waiting_claims() {
    std::vector<std::uint64_t> requests;
    for (auto of = names_.begin(); of != names_.end();) {
        std::erase_if(of->second, [this, &requests](const Operation& operation) {
            const bool is_taken = operation.is_claim && !operation.is_running;
            if (is_taken) {
                requests.push_back(operation.request);
                --size_;
            }
            return is_taken;
        });
        of = of->second.empty() ? names_.erase(of) : std::next(of);
    }
    return requests;
}

}  // namespace ferrotunnel::etcd_store
