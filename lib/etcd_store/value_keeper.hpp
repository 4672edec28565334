// ValueKeeper: keeps the shared values of a cluster in etcd, for one of its members.
//
//   changed(key) --later than what etcd has?--> due --transaction: still as known--> etcd
//                                                ^ '--something else is there: it is read, and counts as heard--.
//   etcd --PrefixWatcher--> kept: its version ----'-------------------------> heard() <--------------------------'
//
// Of two changes of a key, members keep the later one, in whatever order they hear of them; so etcd is one more place
// that hears of them, and brings them to members that are not linked, or start later. Links stay the way by which
// linked members learn of changes, also while etcd is away. What is put is always the present change of a key, so no
// more waits for etcd than keys have changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "cluster/message.hpp"
#include "etcd_client/client.hpp"
#include "etcd_client/prefix_watcher.hpp"
#include "etcd_store/due_keys.hpp"
#include "etcd_store/store.hpp"
#include "etcd_store/value_records.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd_store {

/// Numbers of keys.
struct ValueCounts {
    std::size_t stored = 0;      // in etcd, with those of removed values
    std::size_t waiting = 0;     // whose change is not in etcd yet
    std::size_t unreadable = 0;  // in etcd: of another cluster's key, altered, or not accepted here
};

/// Lives on its worker.
class ValueKeeper {
public:
    /// Called on the worker, from within any function but the constructor.
    struct Handlers {
        /// The last change of a key here, also of a removed one (cluster::SharedValues::last_change).
        std::function<std::optional<cluster::Value>(const std::string& key)> present;
        /// All keys that have a value here.
        std::function<std::vector<std::string>()> keys;
        /// A change that etcd has.
        std::function<void(const cluster::Value&)> heard;
        /// Why values do not reach etcd, or not from there, for people; empty: they do. When that has changed. At first
        /// they do not, until all were read once.
        std::function<void(const std::string& problem)> problem;
        /// From time to time, after they have changed.
        std::function<void(const ValueCounts&)> counted;
    };
    /// `to`: etcd::destinations_of(settings.client). May throw TlsConfigError.
    ValueKeeper(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random,
                const transport::ClusterKeys& keys, Handlers handlers);
    ValueKeeper(const ValueKeeper&) = delete;
    ValueKeeper& operator=(const ValueKeeper&) = delete;

    void start();
    /// The value was set, removed or heard of.
    void changed(const std::string& key);
    /// Values that were sealed by another key than the first are sealed again. May throw TlsConfigError.
    void set_keys(const transport::ClusterKeys& keys);
    /// Calls `stored` when etcd has this change of the key, or a later one; never, if it does not.
    void when_stored(const cluster::Value& change, std::function<void()> stored);

private:
    /// What etcd has for a key.
    struct Kept {
        etcd::Revision modified = 0;
        cluster::Since time = 0;
        std::string member{};
        bool is_readable = false;  // and was accepted here: otherwise any change is later
        std::string sealed_by{};   // id of the key
        /// If it cannot be read: it belongs to others, who may put it again.
        bool is_foreign = false;
        ValueRecords::Milliseconds until = 0;  // it can be deleted then; 0: it stays
    };
    struct Waiter {
        cluster::Since time = 0;
        std::string member;
        std::function<void()> stored;
        TimePoint until{};
    };
    bool is_to_be_put(const cluster::Value& value) const;
    bool has(const std::string& key, cluster::Since time, const std::string& member) const;
    void consider(const std::string& key, TimePoint earliest);
    void advance();
    void put(const std::string& key);
    void put_answered(const std::string& key, Kept put, const Result<etcd::TransactionAnswer, etcd::Fault>& answer);
    void put_failed(const std::string& key, const etcd::Fault& fault);
    void delete_ended(const std::string& key);
    void read_again(const std::string& key);
    std::optional<etcd::Put> sealed(const cluster::Value& value);
    void take(const etcd::KeyValue& pair);
    bool hear(const ValueRecords::Record& record);
    void forget(const std::string& key);
    void keep(const std::string& key, Kept kept);
    void put_settled(const std::string& key);
    void report();
    TimePoint after(Duration time);

    runtime::Worker& worker_;
    Random& random_;
    const Handlers handlers_;
    const std::string member_;
    ValueRecords records_;
    etcd::Client client_;
    std::map<std::string, Kept, std::less<>> kept_;  // at most limits::value_keys_max
    DueKeys due_;                                    // to be put
    DueKeys deletions_;
    DueKeys rereads_;                           // keys of the cluster have changed, or a deletion has overtaken a put
    std::map<std::string, unsigned> failures_;  // keys whose last puts have failed
    TimePoint puts_after_{};                    // no endpoint has answered the last put
    const TimePoint began_;
    std::multimap<std::string, Waiter> waiters_;
    std::size_t running_ = 0;
    std::size_t unreadable_ = 0;
    std::string watch_problem_;
    std::string put_problem_;
    std::string problem_ = "it has not answered yet";
    bool was_read_ = false;
    runtime::Timer timer_;
    etcd::PrefixWatcher watcher_;
};

}  // namespace ferrotunnel::etcd_store
