// Many clients in one process, each with one connection and one host, for cluster_faults.sh.
//
//   client_crowd FOLDER NAME FIRST COUNT LOCAL SERVER...
//       client N, from FIRST on, logs in with FOLDER/token at the server N modulo their number, as crowd-N, and offers
//       LOCAL as cN.crowd.test; until SIGTERM
//
// FOLDER/NAME.state always has a line "READY CONNECTED": clients whose host is registered, clients that are connected.
// Each change adds a line "MS READY CONNECTED" to FOLDER/NAME.log.
#include <unistd.h>

#include <asio.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/client.hpp"

namespace {

using namespace std::chrono_literals;
using ferrotunnel::Client;
using ferrotunnel::Service;

std::string env_or(const char* name, const char* fallback) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : fallback;
}

class Crowd {
public:
    Crowd(asio::io_context& context, const std::string& folder, const std::string& name)
        : context_(context),
          timer_(context),
          token_(folder + "/token"),
          state_(folder + "/" + name + ".state"),
          log_(folder + "/" + name + ".log") {
        log_ << std::unitbuf;  // the process ends without closing it
    }

    void add(const std::string& number, const std::string& server, const std::string& local) {
        ferrotunnel::Timing timing;
        timing.ping_interval = 2s;
        timing.dead_interval = 8s;
        timing.reconnect_max = 5s;  // many are at one address, whose logins are limited: some are refused several times
        Client::Builder builder;
        builder.server(server)
            .token(ferrotunnel::Secret::from_file(token_))
            .name("crowd-" + number)
            .identity("crowd-" + number)
            .connections(1)
            .timing(timing)
            .tls(env_or("CROWD_TLS", "on") == "on")
            .run_on(context_);
        clients_.push_back(builder.build());
        services_.push_back(clients_.back().add(ferrotunnel::Http("c" + number + ".crowd.test", local)));
        clients_.back().start();
    }

    void report_from_now_on() {
        report();
        timer_.expires_after(50ms);
        timer_.async_wait([this](std::error_code error) {
            if (!error) {
                report_from_now_on();
            }
        });
    }

private:
    void report() {
        std::size_t ready = 0;
        std::size_t connected = 0;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            ready += services_[i].state() == Service::State::registered ? 1U : 0U;
            connected += clients_[i].connected() ? 1U : 0U;
        }
        const auto now = std::pair(ready, connected);
        if (std::exchange(reported_, now) == now) {
            return;
        }
        std::ofstream(state_ + ".new") << ready << ' ' << connected << '\n';
        (void)std::rename((state_ + ".new").c_str(), state_.c_str());
        const auto ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        log_ << ms.count() << ' ' << ready << ' ' << connected << '\n';
    }

    asio::io_context& context_;
    asio::steady_timer timer_;
    const std::string token_;
    const std::string state_;
    std::ofstream log_;
    std::vector<Client> clients_;
    std::vector<Service> services_;
    std::optional<std::pair<std::size_t, std::size_t>> reported_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 7) {
        std::cerr << "usage: client_crowd FOLDER NAME FIRST COUNT LOCAL SERVER...\n";
        return 2;
    }
    try {
        asio::io_context context(1);
        Crowd crowd(context, argv[1], argv[2]);
        const std::size_t first = std::stoul(argv[3]);
        const std::size_t count = std::stoul(argv[4]);
        const std::vector<std::string> servers(argv + 6, argv + argc);
        for (std::size_t i = first; i < first + count; ++i) {
            crowd.add(std::to_string(i), servers[i % servers.size()], argv[5]);
        }
        asio::signal_set signals(context, SIGTERM, SIGINT);
        signals.async_wait([](std::error_code, int) { _exit(0); });  // the clients' ends are not what is tested
        crowd.report_from_now_on();
        context.run();
        return 1;
    } catch (const std::exception& problem) {
        std::cerr << "client_crowd: " << problem.what() << '\n';
        return 1;
    }
}
