// Saves a server's claims across a restart: reads them before clients connect, and writes them, on a thread of its own,
// shortly after a change. Changes arrive in bursts (a thousand clients at once): they are written together, `settle`
// after the first one, and then not again for `pause`.
//
//   asleep --something changes--> settling --> written --> pausing --changed meanwhile--> settling
//                                                              \--> asleep
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "directory/claim_file.hpp"
#include "directory/http_directory.hpp"
#include "directory/registry.hpp"
#include "login/external_tokens.hpp"
#include "login/handshake_server.hpp"

namespace ferrotunnel::directory {

class ClaimStore {
public:
    struct Settings {
        std::filesystem::path directory;
        Duration settle = std::chrono::seconds(1);
        Duration pause = std::chrono::seconds(5);
        /// The listen addresses of ports, where they are not the usual one. Called on any thread. May be empty.
        std::function<PortAddresses()> addresses{};
    };

    /// Restores the file's entries for these tokens; names of other tokens are free, unless `external` is not null:
    /// then those are tokens that may be looked up, and it remembers them. To be created before anything is claimed.
    ClaimStore(Settings settings, std::shared_ptr<Registry> registry, std::shared_ptr<HttpDirectory> http,
               const login::AcceptedTokens& tokens, Logger& log,
               std::shared_ptr<login::ExternalTokens> external = nullptr);
    ~ClaimStore();
    ClaimStore(const ClaimStore&) = delete;
    ClaimStore& operator=(const ClaimStore&) = delete;

    /// Saves the claims of the first id of each pair under the second: the id that the token will have after a restart,
    /// if it changes. Thread-safe.
    void set_names(std::map<login::TokenId, login::TokenId> names);

    /// The ports that were known at the start, unordered.
    const std::vector<ClaimRecord::Port>& restored_ports() const noexcept { return restored_ports_; }

    /// Writes changes now, and waits for the write, for a second at most: another process is about to read them.
    void write_now();

    /// Writes the present claims, and nothing after that: the server is about to end, and another one may own the file.
    /// Idempotent.
    void finish();

private:
    void restore(const login::AcceptedTokens& tokens, login::ExternalTokens* external);
    void on_change() noexcept;
    void run();
    bool wait(Duration time);
    void save();
    std::map<login::TokenId, login::TokenId> names();
    void log_problem(const std::string& problem);

    const Settings settings_;
    const std::shared_ptr<Registry> registry_;
    const std::shared_ptr<HttpDirectory> http_;
    Logger& log_;
    ClaimFile file_;
    std::vector<ClaimRecord::Port> restored_ports_;
    bool problem_logged_ = false;  // logged that nothing is written
    Mutex mutex_;
    ConditionVariable wake_;
    bool changed_ GUARDED_BY(mutex_) = false;
    bool finishing_ GUARDED_BY(mutex_) = false;
    bool urgent_ GUARDED_BY(mutex_) = false;  // changes are to be written at once
    ConditionVariable written_;
    std::map<login::TokenId, login::TokenId> names_ GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace ferrotunnel::directory
