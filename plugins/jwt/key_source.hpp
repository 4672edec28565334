// The sources of keys: settings, a file, a URL. If one fails, its earlier keys stay in use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "common/watched_file.hpp"
#include "jwt/key.hpp"

namespace ferrotunnel::plugins {

/// Keys, with a number that is unique to this set.
struct KeySet {
    std::vector<Key> keys;
    std::uint64_t number = 0;
};

struct Token;
/// The keys that could have signed it, at most 8: those with its name, or without a name, and with its algorithm.
/// `is_name_known`: whether some key has its name.
std::vector<Key> fitting_keys(const KeySet& set, const Token& token, bool& is_name_known);

class KeySource {
public:
    using Time = std::chrono::steady_clock::time_point;
    using LogFunction = std::function<void(const std::string&)>;  // logs a line; thread-safe
    static constexpr std::size_t file_max = 1024 * 1024;
    static constexpr std::size_t waiters_max = 256;
    static constexpr std::chrono::seconds unknown_pause{60};  // between fetches for unknown keys
    static constexpr std::chrono::seconds failure_pause{10};  // before a failed fetch is retried

    struct Options {
        std::vector<Key> own;  // from the settings
        std::string file;      // empty: none
        std::string url;       // empty: none
        std::string ca_file;
        std::chrono::nanoseconds refresh{};
    };

    /// Throws std::runtime_error if the file has no keys.
    KeySource(Options options, LogFunction tell);
    KeySource(const KeySource&) = delete;
    KeySource& operator=(const KeySource&) = delete;

    std::shared_ptr<const KeySet> keys() const;
    /// Whether all sources have been read once.
    bool is_complete() const;
    /// Reads the file if it has changed, and fetches from the URL when that is due. Called on one thread at a time.
    void tick(Time now);
    /// Why a wait has ended.
    enum class WaitResult : std::uint8_t {
        fetched,    // the fetch has ended, with or without success
        displaced,  // a smaller share got the place, and nothing is known yet
    };
    using WaitCallback = std::function<void(WaitResult)>;
    enum class Wait : std::uint8_t {
        begun,
        none,  // there is no fetch to wait for, since one has just been made
        busy,  // too many wait
    };
    /// Calls `then` on another thread when a fetch that may bring an unknown key has ended, or earlier if it is
    /// displaced. Thread-safe.
    Wait wait_for_unknown(Share share, WaitCallback then, Time now);

private:
    bool begin_fetch_for_unknown(Time now);
    void fetch(Time now);
    void fetched(const HttpResponse& answer);
    void replace(std::vector<Key>& part, std::vector<Key> keys);

    const Options options_;
    const LogFunction log_;
    std::optional<WatchedFile> file_;
    mutable std::mutex mutex_;  // guards what follows, up to next_unknown_
    std::vector<Key> of_file_;
    std::vector<Key> of_url_;
    std::shared_ptr<const KeySet> set_;
    FairQueue<WaitCallback> waiters_;
    bool fetches_ = false;
    bool has_fetched_ = false;  // once, with success
    Time next_fetch_{};
    Time next_unknown_{};
    HttpClient client_{1, 4, std::chrono::seconds(4)};  // last: its thread uses the members above
};

}  // namespace ferrotunnel::plugins
