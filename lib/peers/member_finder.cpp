#include "peers/member_finder.hpp"

#include <utility>

#include "peers/limits.hpp"

namespace ferrotunnel::peers {

MemberFinder::MemberFinder(StorePlace place, Needs needs)
    : mailbox_(needs.worker.mailbox()), place_(std::move(place)), needs_(std::move(needs)) {
    const MutexLock lock(mutex_);
    state_.address = place_.address ? net::to_text(*place_.address) : std::string();
    state_.problem = "it has not answered yet";
}

void MemberFinder::woken() {
    if (is_stopped_) {
        return;
    }
    if (!directory_) {
        begin();
    }
    if (is_withdrawn_.load()) {
        directory_->withdraw();
    }
}

void MemberFinder::begin() {
    timer_.emplace(needs_.worker, [this] { reconcile(); });
    directory_ = std::make_unique<etcd_store::MemberDirectory>(
        needs_.worker, place_.settings, place_.to, needs_.random, place_.address,
        etcd_store::MemberDirectory::Handlers{
            [this] { timer_->set(needs_.worker.now()); },
            [this](const std::string& key, const std::string& why) { log_ignored(key, why); }});
    directory_->start();
}

void MemberFinder::reconcile() {
    timer_->set_after(limits::members_reconciled_each);
    if (directory_->is_complete()) {
        add_found();
        forget_lost();
        if (!std::exchange(has_found_, true)) {
            needs_.found();
        }
    }
    note_state();
}

void MemberFinder::add_found() {
    bool is_full = false;
    for (const auto& [name, address] : directory_->members()) {
        if (needs_.add({name, address.host, address.port})) {
            continue;
        }
        if (!was_full_ && !is_full) {
            needs_.log.warn("a member of the cluster is not linked: there are more than this server can know",
                            {{"member", name}, {"most", cluster::limits::member_slots}});
        }
        is_full = true;
    }
    was_full_ = is_full;
}

// While etcd is not followed, its members may be there without being known.
void MemberFinder::forget_lost() {
    if (!directory_->problem().empty()) {
        return;
    }
    for (const PeerState& member : needs_.members()) {
        const bool is_idle = !member.is_listed && !member.linked && member.data_links == 0 &&
                             needs_.worker.now() - member.since >= limits::member_kept_for;
        if (is_idle && !directory_->members().contains(member.name) && needs_.forget(member.name)) {
            needs_.log.info("a member of the cluster was forgotten: it is not in etcd, and cannot be reached",
                            {{"member", member.name}, {"address", member.address}});
        }
    }
}

void MemberFinder::note_state() {
    const std::string problem = directory_->problem();
    std::string before;
    {
        const MutexLock lock(mutex_);
        before = std::exchange(state_.problem, problem);
        state_.found = directory_->members().size();
    }
    if (problem.empty() && !before.empty()) {
        needs_.log.info("members of the cluster are found in etcd", {{"others", directory_->members().size()}});
    } else if (!problem.empty() && before.empty()) {
        needs_.log.warn("members of the cluster cannot be followed in etcd; those that are known stay",
                        {{"why", problem}});
    }
}

void MemberFinder::log_ignored(const std::string& key, const std::string& why) {
    static constexpr LogCategory ignored{"keys of members in etcd"};
    if (needs_.log.may_write(LogLevel::warn, ignored, needs_.worker.now())) {
        needs_.log.warn("a key of a member in etcd is ignored", {{"key", key}, {"why", why}});
    }
}

FinderState MemberFinder::state() const {
    const MutexLock lock(mutex_);
    return state_;
}

void MemberFinder::withdraw() noexcept {
    is_withdrawn_ = true;
    start();
}

void MemberFinder::stop() noexcept {
    is_stopped_ = true;
    directory_.reset();
    timer_.reset();
}

}  // namespace ferrotunnel::peers
