// Handles of decisions in the hands of a thread that no server knows of: it decides while the exchanges, the
// connections and the server itself go away, and afterwards.
#include <asio/io_context.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "support/load.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using plugin::Decision;

namespace {

std::mutex held_mutex;
std::vector<ft_later> held_handles;  // copies, which nothing stops from being used again
std::atomic<int> contexts{0};        // of decisions, which are to be freed once each
std::atomic<int> decided_after{0};   // decisions that ran; after the end of the server there are none
std::atomic<int> asked{0};
const ft_http* http_of_host = nullptr;

struct Owed {
    Owed() { ++contexts; }
    ~Owed() { --contexts; }
    Owed(const Owed&) = delete;
    Owed& operator=(const Owed&) = delete;
};

ft_decision on_request(void*, ft_exchange* exchange) {
    const ft_later handle = http_of_host->later(exchange, 0);
    ++asked;
    const std::lock_guard lock(held_mutex);
    held_handles.push_back(handle);
    return FT_LATER;
}

void* make(ft_settings*, const ft_instance*, void*) {
    return &held_handles;
}

/// A plugin over the C interface, whose handles can be copied.
const ft_library* holder(const ft_host* host) {
    static const ft_type type = [] {
        ft_type made{};
        made.size = sizeof(ft_type);
        made.name = "holder";
        made.version = "1";
        made.make = make;
        made.destroy = [](void*) {};
        made.on_request = on_request;
        return made;
    }();
    static const ft_type* const types[] = {&type, nullptr};
    static const ft_library library{sizeof(ft_library), FT_ABI_MINOR, types};
    http_of_host = static_cast<const ft_http*>(host->extension(FT_HTTP_1));
    return &library;
}

ft_decision then(ft_exchange* exchange, void*) {
    ++decided_after;
    return http_of_host->answer(exchange, 200, nullptr, 0, {"late", 4}) != 0 ? FT_ANSWERED : FT_FAILED;
}

/// Decides with all handles that there are, once each.
void decide_all() {
    std::vector<ft_later> all;
    {
        const std::lock_guard lock(held_mutex);
        all = held_handles;
    }
    for (const ft_later& each : all) {
        http_of_host->resume(each, then, new Owed, [](void* user) { delete static_cast<Owed*>(user); });
    }
}

/// A visitor who asks and reads nothing.
class Asks {
public:
    explicit Asks(const std::string& at) : socket_(io_) {
        socket_.connect(
            {asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)))});
        asio::write(socket_, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n")));
    }

private:
    asio::io_context io_;
    tcp::socket socket_;
};

}  // namespace

TEST_CASE("plugins: a thread decides while exchanges, connections and the server go, and afterwards",
          "[plugins][threads]") {
    const std::uint64_t rounds = std::max<std::uint64_t>(load(20), 4);
    std::atomic<bool> over{false};
    std::optional<std::thread> decides;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        asked = 0;
        Echo echo;
        const Secret token = Secret::generate();
        PluginUse use;
        use.library = &holder;
        std::optional<Server> server{
            server_builder(token).http_bind("127.0.0.1:0").workers(2).add_plugin(std::move(use)).build()};
        server->start();
        Client client = client_builder(token, server->client_endpoint()).build();
        client.add(Http("app.test", echo.address()));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
        constexpr int visitors = 20;
        std::vector<std::unique_ptr<Asks>> waiting;
        for (int i = 0; i < visitors; ++i) {
            waiting.push_back(std::make_unique<Asks>(server->http_endpoint()));
        }
        REQUIRE(eventually([] { return asked >= visitors; }));
        if (!decides) {  // from here on beside everything
            decides.emplace([&over] {
                while (!over) {
                    decide_all();
                    std::this_thread::yield();
                }
            });
            CHECK(eventually([] { return decided_after > 0; }));  // the thread runs: the other rounds race with it
        }
        waiting.resize(visitors / 2);  // half of the connections go, then the server, which nobody has stopped
        server.reset();
        const int ran = decided_after;
        decide_all();
        CHECK(decided_after == ran);
    }
    over = true;
    decides->join();
    CHECK(contexts == 0);
}
