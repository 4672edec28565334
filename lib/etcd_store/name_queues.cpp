#include "etcd_store/name_queues.hpp"

namespace ferrotunnel::etcd_store {

// The first of each name may be running or paused, so it is left where it is: its own answer comes soon.
std::vector<std::uint64_t> NameQueues::take_waiting_claims() {
    std::vector<std::uint64_t> requests;
    for (auto& [name, of] : names_) {
        std::deque<Operation> kept;
        for (Operation& operation : of) {
            if (operation.is_claim && !kept.empty()) {
                requests.push_back(operation.request);
                --size_;
            } else {
                kept.push_back(std::move(operation));
            }
        }
        of = std::move(kept);
    }
    return requests;
}

}  // namespace ferrotunnel::etcd_store
