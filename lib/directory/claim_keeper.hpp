// Remembers a server's claims over a restart: reads them before clients come, and writes them down, on a thread of its
// own, a little after something has changed. Changes come in storms (a thousand clients at once): `settle` after the
// first one they are written together, and then not again for `pause`.
//
//   asleep --something changes--> settling --> written --> pausing --changed meanwhile--> settling
//                                                              \--> asleep
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "directory/claim_file.hpp"
#include "directory/http_directory.hpp"
#include "directory/registry.hpp"
#include "login/handshake_server.hpp"

namespace ferrotunnel::directory {

class ClaimKeeper {
public:
    struct Settings {
        std::filesystem::path directory;
        Duration settle = std::chrono::seconds(1);
        Duration pause = std::chrono::seconds(5);
    };

    /// Takes in what the file says of these tokens; what others had is free. Before anybody claims anything.
    ClaimKeeper(Settings settings, std::shared_ptr<Registry> registry, std::shared_ptr<HttpDirectory> http,
                const login::AcceptedTokens& tokens, Logger& log);
    ~ClaimKeeper();
    ClaimKeeper(const ClaimKeeper&) = delete;
    ClaimKeeper& operator=(const ClaimKeeper&) = delete;

    /// The server is about to end: writes down what is claimed now, and nothing after that. Idempotent.
    void finish();

private:
    void restore(const login::AcceptedTokens& tokens);
    void on_change() noexcept;
    void run();
    bool wait(Duration time);
    void save();
    void tell(const std::string& problem);

    const Settings settings_;
    const std::shared_ptr<Registry> registry_;
    const std::shared_ptr<HttpDirectory> http_;
    Logger& log_;
    ClaimFile file_;
    bool told_ = false;  // that nothing is written
    std::mutex mutex_;
    std::condition_variable wake_;
    bool changed_ = false;
    bool finishing_ = false;
    std::thread thread_;
};

}  // namespace ferrotunnel::directory
