// The store of names, where there is one: from the register's effects to the store's worker, and back.
//
//   RegisterDriver --claims, releases--> queue --mail--> first worker: etcd_store::Store --answers--> RegisterDriver
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "buffer/mailbox.hpp"
#include "etcd_store/store.hpp"
#include "peers/register_driver.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::peers {

/// How a cluster's store is reached.
struct StorePlace {
    etcd_store::Settings settings;
    std::vector<fetch::Destination> to;  // etcd::destinations_of(settings.client)
    bool with_homes = false;             // members are asked as well, and this one is a home
    /// Where other members dial this one, for them to find there; none: they have it in their settings.
    std::optional<net::HostPort> address{};
};

/// What is known of the store, for status.
struct StoreState {
    std::string problem;      // why it cannot be asked; empty: it can
    TimePoint since{};        // since when it can, or cannot
    std::size_t waiting = 0;  // claims and releases
};

/// Held by a shared_ptr. Its queue has a claim for each request of the register, which bounds them, and a release for
/// each name that this member had.
class NameStore final : public StoreEvents, public std::enable_shared_from_this<NameStore> {
public:
    NameStore(runtime::Worker& worker, StorePlace place, std::shared_ptr<RegisterDriver> names, Random& random,
              Logger& log);

    /// Any thread.
    void start() noexcept { wake(); }
    /// When no worker runs any more, or on the store's.
    void stop() noexcept;
    /// Thread-safe.
    StoreState state() const;

    // StoreEvents.
    void on_store_claim(const cluster::StoreClaim& claim) override;
    void on_store_release(const cluster::StoreRelease& release) override;

private:
    using Request = std::variant<cluster::StoreClaim, cluster::StoreRelease>;
    using Mail = buffer::WakeMail<NameStore, std::shared_ptr<NameStore>>;

    void wake() noexcept { mail_->post(*mailbox_, shared_from_this()); }
    void woken();
    void make_store();
    void report(const std::string& problem);
    void note_waiting();

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const StorePlace place_;
    const std::shared_ptr<RegisterDriver> names_;
    Random& random_;
    Logger& log_;
    const IntrusivePtr<Mail> mail_ =
        make_intrusive<Mail>([](const std::shared_ptr<NameStore>& itself) noexcept { itself->woken(); });
    bool is_stopped_ = false;
    std::unique_ptr<etcd_store::Store> store_;  // made on the worker
    mutable Mutex mutex_;
    std::deque<Request> requests_ GUARDED_BY(mutex_);
    StoreState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
