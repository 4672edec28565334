// MemberFinder: the other members that etcd has become those that Links dials and accepts, and back.
//
//   etcd_store::MemberDirectory --changed--> reconcile(): Links::add_member, forget_member --> RegisterDriver
//                                              '--again every 5 s
//
// Etcd only adds. A member is forgotten if etcd has been read and does not have it, and it has had no link for 60 s, so
// neither an etcd that is away nor one that lies ends a link.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "buffer/mailbox.hpp"
#include "etcd_store/member_directory.hpp"
#include "peers/links.hpp"
#include "peers/name_store.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::peers {

/// What is known of the members in etcd, for status.
struct FinderState {
    std::string address;    // under which this member is in etcd; empty: it is not
    std::string problem;    // why changes are not seen, or this member's key is perhaps not there; empty: neither
    std::size_t found = 0;  // other members in etcd
};

/// Held by a shared_ptr.
class MemberFinder final : public std::enable_shared_from_this<MemberFinder> {
public:
    struct Needs {
        runtime::Worker& worker;
        Random& random;
        Logger& log;
        /// Of Links. All are called on the worker.
        std::function<bool(const PeerSettings&)> add;
        std::function<std::vector<PeerState>()> members;
        std::function<bool(const std::string&)> forget;
        /// All that etcd has were added, for the first time.
        std::function<void()> found;
    };
    MemberFinder(StorePlace place, Needs needs);

    /// Any thread.
    void start() noexcept { mail_->post(*mailbox_, shared_from_this()); }
    /// This member accepts no links any more: its key is deleted, unless another process has written it. Any thread.
    void withdraw() noexcept;
    /// When no worker runs any more, or on the worker.
    void stop() noexcept;
    /// Thread-safe.
    FinderState state() const;

private:
    using Mail = buffer::WakeMail<MemberFinder, std::shared_ptr<MemberFinder>>;

    void woken();
    void begin();
    void reconcile();
    void add_found();
    void forget_lost();
    void note_state();
    void log_ignored(const std::string& key, const std::string& why);

    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const StorePlace place_;
    const Needs needs_;
    const IntrusivePtr<Mail> mail_ =
        make_intrusive<Mail>([](const std::shared_ptr<MemberFinder>& itself) noexcept { itself->woken(); });
    std::atomic<bool> is_withdrawn_{false};
    bool is_stopped_ = false;
    bool has_found_ = false;
    bool was_full_ = false;  // a member had no place
    // Made on the worker.
    std::optional<runtime::Timer> timer_;
    std::unique_ptr<etcd_store::MemberDirectory> directory_;
    mutable Mutex mutex_;
    FinderState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
