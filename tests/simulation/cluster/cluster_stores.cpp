#include "simulation/cluster/cluster_stores.hpp"

#include <utility>

namespace ferrotunnel::simulation {

using namespace std::chrono_literals;

ClusterStores::ClusterStores(ClusterContext& context, const MemberList& members, std::size_t count, ClusterJudge& judge)
    : context_(context),
      members_(members),
      etcd_(context),
      faults_(context, etcd_, count),
      present_(count),
      judge_(context, members, etcd_, faults_, judge, present_) {
    etcd_.on_gone([this](const etcd::KeyValue& key, bool is_lost) { judge_.gone(key, is_lost); });
    judge.set_store(&judge_);
}

void ClusterStores::started(ClusterMember& member) {
    std::shared_ptr<ClusterStore>& present = present_[member.index()];
    if (present) {
        past_.push_back(std::move(present));
    }
    present = std::make_shared<ClusterStore>(context_, etcd_, faults_, member,
                                             [this, index = member.index()] { judge_.lost(index); });
    present->start();
}

void ClusterStores::jump() {
    const auto index = static_cast<Index>(context_.random.below(present_.size()));
    if (present_[index] && members_[index]->is_alive()) {
        judge_.jumped(index);
        present_[index]->jump(context_.between(1s, 90s));
    }
}

void ClusterStores::stop() {
    judge_.check_left();
    for (const auto& store : present_) {
        store->stop();
    }
}

void ClusterStores::check_empty() {
    etcd_.expire();
    judge_.check_empty();
}

}  // namespace ferrotunnel::simulation
