// PrefixWatcher: reports all keys with a prefix, and each later change.
//
//   reading --pages of one revision--> watching from the next one --ended, silent--> watching from where it was
//      ^                                   |
//      '--history compacted, another etcd, a revision that has gone back, read_again()--'
//
// What is read again is compared with what is known, so that only differences are reported. While etcd cannot be
// reached, nothing is reported, and what was reported stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "etcd/limits.hpp"
#include "etcd/values.hpp"
#include "etcd_client/client.hpp"
#include "etcd_client/watch_run.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd {

/// Lives on its worker, and must not outlive the client. Of each key it keeps a revision and a hash of the value.
class PrefixWatcher {
public:
    /// Called on the worker, from within none of the functions below. They must not destroy the watcher.
    struct Handlers {
        /// The key is new, or was written. A value that is too long is left out (KeyValue::is_cut).
        std::function<void(const KeyValue&)> set;
        /// The key was reported by `set`, and is gone.
        std::function<void(const std::string& key)> gone;
        /// All keys of one read have been reported: the first time, and whenever all were read again.
        std::function<void()> synced;
        /// Why changes are not reported now, for people; empty: they are. At first, and when that has
        /// changed.
        std::function<void(const std::string& problem)> problem;
    };
    struct Bounds {
        /// More keys are not reported; `problem` says so. A read that has twice as many is given up, and what is known
        /// stays.
        std::size_t keys_max = 0;
        /// All are read again after this time, in case changes were lost; zero: not without a reason.
        Duration read_again{};
        /// A watch without a message for so long is replaced by another one: its connection may be dead.
        Duration silence = limits::watch_silence_max;
    };
    /// `prefix`: as in range_of_prefix().
    PrefixWatcher(runtime::Worker& worker, Client& client, Random& random, const std::string& prefix,
                  const Bounds& bounds, Handlers handlers);
    PrefixWatcher(const PrefixWatcher&) = delete;
    PrefixWatcher& operator=(const PrefixWatcher&) = delete;

    void start();
    /// Etcd may be another one, or an older state of it: reads all keys again, soon.
    void read_again();

private:
    struct Kept {
        Revision modified = 0;
        std::uint64_t hash = 0;   // of the value
        std::uint64_t round = 0;  // the last read that had it, or during whose watch it was written
    };

    void act();
    void begin_read();
    void read_page();
    void page_read(const Result<ReadAnswer, Fault>& answer);
    void finish_read();
    void begin_watch();
    void begun();
    void arm();
    void changed(const WatchBatch& batch);
    void watch_ended(const Fault& fault);
    void note(const KeyValue& pair, bool is_read);
    void fail(const Fault& fault);
    void follows();
    void report(const std::string& problem);

    runtime::Worker& worker_;
    Client& client_;
    Random& random_;
    const KeyRange keys_;
    const Bounds bounds_;
    const Handlers handlers_;
    std::map<std::string, Kept> known_;
    bool must_read_ = true;
    bool must_repeat_ = false;  // read_again() during a read
    bool is_reading_ = false;   // a call is on its way
    bool is_over_ = false;      // keys were left out
    std::uint64_t round_ = 0;
    std::string cursor_;          // where the next page begins
    Revision read_revision_ = 0;  // of the present read; 0: its first page decides
    std::uint64_t cluster_ = 0;   // likewise
    std::size_t read_ = 0;        // keys of the present read
    TimePoint read_at_{};
    Revision next_ = 0;  // the first revision that was not reported
    std::unique_ptr<WatchRun> watch_;
    std::optional<std::string> problem_;  // as it was reported
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::etcd
