// MemberDirectory: the members that etcd has, and this one's key among them.
//
//   AnnouncedMember --lease, key--> etcd::Client --PrefixWatcher--> members(): names and addresses
//
// While etcd cannot be reached, what was read stays.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "etcd_client/client.hpp"
#include "etcd_client/prefix_watcher.hpp"
#include "etcd_store/announced_member.hpp"
#include "etcd_store/calls.hpp"
#include "etcd_store/member_keys.hpp"
#include "etcd_store/store.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd_store {

/// Lives on its worker.
class MemberDirectory final : private Calls {
public:
    /// Called on the worker. They must not destroy the directory.
    struct Handlers {
        /// members(), is_complete() or problem() may have changed.
        std::function<void()> changed;
        /// A key that is ignored, and why, for the log: once for each value.
        std::function<void(const std::string& key, const std::string& why)> ignored;
    };
    /// `address`: where others dial this member; none: it has no key there. `to`:
    /// etcd::destinations_of(settings.client).
    MemberDirectory(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to,
                    Random& random, const std::optional<net::HostPort>& address, Handlers handlers);
    MemberDirectory(const MemberDirectory&) = delete;
    MemberDirectory& operator=(const MemberDirectory&) = delete;

    void start();
    /// Deletes this member's key, unless another process has written it, and writes it no more.
    void withdraw();
    /// The other members.
    const std::map<std::string, net::HostPort>& members() const noexcept { return members_; }
    /// All were read at least once.
    bool is_complete() const noexcept { return is_complete_; }
    /// Why members() may be out of date, or this member's key is perhaps not there, for people; empty: neither.
    std::string problem() const;

private:
    // Calls.
    TimePoint now() const override { return worker_.now(); }
    void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) override;
    void grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) override;
    void renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) override;

    template <typename Answer>
    Done<Answer> then_arm(Done<Answer> done);
    void arm();
    void set(const etcd::KeyValue& pair);
    void set_own(const MemberValue& value, const std::string& key);
    void gone(const std::string& key);
    void synced();

    runtime::Worker& worker_;
    const std::string prefix_;
    const std::string own_;
    const std::optional<MemberValue> own_value_;
    const Handlers handlers_;
    etcd::Client client_;
    std::optional<AnnouncedMember> announced_;
    etcd::PrefixWatcher watcher_;
    std::map<std::string, net::HostPort> members_;
    bool is_own_there_ = false;
    bool is_complete_ = false;
    std::string watch_problem_ = "it has not answered yet";
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::etcd_store
