// A backend or a visitor for the end-to-end tests, which does what its command line says (actions.hpp) and prints what
// happened, one line a connection.
//
//   tcp_peer serve [--port-file PATH] [--port N] [--connections N] [--timeout S] ACTION...
//   tcp_peer connect HOST:PORT [--from ADDRESS] [--timeout S] ACTION...
//   tcp_peer can-bind PORT
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "actions.hpp"
#include "socket.hpp"

namespace {

using namespace e2e;

struct Settings {
    std::string port_file;
    std::uint16_t port = 0;
    std::string from;
    std::uint64_t connections = 0;
    int quiet_max = 120'000;
    std::vector<Action> actions;
};

Settings parse(std::vector<std::string> words) {
    Settings settings;
    std::size_t i = 0;
    for (; i + 1 < words.size() && words[i].starts_with("--"); i += 2) {
        const std::string& value = words[i + 1];
        if (words[i] == "--port-file") {
            settings.port_file = value;
        } else if (words[i] == "--port") {
            settings.port = static_cast<std::uint16_t>(parse_number(value));
        } else if (words[i] == "--from") {
            settings.from = value;
        } else if (words[i] == "--connections") {
            settings.connections = parse_number(value);
        } else if (words[i] == "--timeout") {
            settings.quiet_max = static_cast<int>(parse_number(value)) * 1000;
        } else {
            die("no such option: " + words[i]);
        }
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
    settings.actions = parse_actions(words);
    return settings;
}

void print_result(const std::string& who, const Result& result) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::printf("%s %s\n", who.c_str(), to_line(result).c_str());
    std::fflush(stdout);
}

int serve(const Settings& settings) {
    const Socket listener = listen_on({"127.0.0.1", settings.port});
    if (!settings.port_file.empty()) {
        write_file(settings.port_file, std::to_string(port_of(listener)));
    }
    std::vector<std::thread> threads;
    std::atomic<bool> good{true};
    for (std::uint64_t number = 1; settings.connections == 0 || number <= settings.connections; ++number) {
        const int fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            die_errno("accept");
        }
        threads.emplace_back([fd, number, &settings, &good] {
            const Result result = run_actions(Socket(fd), settings.actions, settings.quiet_max);
            print_result("connection=" + std::to_string(number), result);
            good = good && result.failed.empty();
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return good ? 0 : 1;
}

int connect(const std::string& to, const Settings& settings) {
    Socket socket = try_connect(parse_address(to), settings.from);
    if (!socket.is_open()) {
        std::printf("result connect=%s\n", errno == ECONNREFUSED ? "refused" : std::strerror(errno));
        return 1;
    }
    const Result result = run_actions(std::move(socket), settings.actions, settings.quiet_max);
    print_result("result connect=ok", result);
    return result.failed.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> words(argv + 1, argv + argc);
    const std::string command = words.empty() ? "" : words.front();
    if (command == "serve") {
        words.erase(words.begin());
        return serve(parse(words));
    }
    if (command == "connect" && words.size() >= 2) {
        const std::string to = words[1];
        words.erase(words.begin(), words.begin() + 2);
        return connect(to, parse(words));
    }
    if (command == "can-bind" && words.size() == 2) {
        return can_bind(static_cast<std::uint16_t>(parse_number(words[1]))) ? 0 : 1;
    }
    die("usage: tcp_peer serve|connect|can-bind ...");
}
