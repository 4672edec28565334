// Names of a cluster whose store is etcd: three members in one process, linked over loopback as servers are, without
// clients and visitors. Prints a line of NAME=VALUE, for etcd_run.
//
//   etcd_names load COUNT WINDOW URL...
//       three members claim COUNT hosts, each with WINDOW claims without an answer: seconds until all are granted
//       (`granted`), and until all are routed by the two other members (`seen`)
//   etcd_names rate PER_SECOND SECONDS URL...
//       claims begin at this rate, whatever the answers: milliseconds until a host is granted, and until it is routed
//       by the two other members
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/cluster_claims.hpp"
#include "peers/cluster.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "session/server_shared.hpp"
#include "transport/cluster_key.hpp"

namespace {

using namespace ferrotunnel;
using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t members_count = 3;
constexpr std::chrono::seconds patience{300};

struct Place {
    runtime::Fd listener;
    std::uint16_t port = 0;
};

Place free_place() {
    std::error_code error;
    Place place{runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error), 0};
    if (!place.listener) {
        throw std::system_error(error);
    }
    place.port = runtime::local_address(place.listener.get()).port();
    return place;
}

std::shared_ptr<const transport::ClusterKeys> new_keys() {
    std::array<std::uint8_t, transport::ClusterKey::size_bytes> secret{};
    runtime::system_random().fill(secret);
    return std::make_shared<const transport::ClusterKeys>(
        transport::ClusterKeys{transport::ClusterKey(secret, 1), std::nullopt});
}

void wait_until(const char* what, const std::function<bool()>& condition, std::chrono::milliseconds step = 20ms) {
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) {
            throw std::runtime_error(std::string("waited in vain for ") + what);
        }
        std::this_thread::sleep_for(step);
    }
}

class Member {
public:
    Member(peers::Links::Settings links, const std::vector<std::string>& urls)
        : cluster_(std::move(links), {workers_,
                                      shared_,
                                      nullptr,
                                      null_logger(),
                                      runtime::system_random(),
                                      [] {},
                                      {},
                                      store(links.own, urls)}) {}
    ~Member() {
        held_.clear();
        workers_.stop();
        workers_.join();
        cluster_.stop();
        shared_->ports->stop_holding();
        shared_->ports->end();
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    void start(runtime::Fd listener) {
        workers_.start();
        cluster_.start(std::move(listener));
    }
    bool is_ready() const {
        const peers::ClusterState state = cluster_.state();
        return state.store->problem.empty() &&
               std::all_of(state.members.begin(), state.members.end(), [](const auto& each) { return each.linked; });
    }
    /// On one thread. `decided` is called on any.
    void claim(const std::string& host, std::function<void(bool)> decided) {
        directory::ClusterClaims::Handlers handlers;
        handlers.decided = [decided = std::move(decided)](const std::optional<directory::Refusal>& why) {
            decided(!why);
        };
        held_.push_back(
            shared_->claims->claim({{directory::ClaimName(host, "/")}, {}, {{1}, {1}}, 1}, std::move(handlers)));
    }
    bool routes(const std::string& host) const {
        return shared_->http->routes()->find(host, "/", Clock::now()).kind == directory::HttpMatch::Kind::service;
    }

private:
    static std::shared_ptr<session::ServerShared> new_shared() {
        auto shared = std::make_shared<session::ServerShared>();
        shared->registry = std::make_shared<directory::Registry>();
        shared->mux.role = mux::Role::server;
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        return shared;
    }
    static peers::StorePlace store(const std::string& own, const std::vector<std::string>& urls) {
        peers::StorePlace place;
        place.settings.member = own;
        place.settings.client.endpoints = urls;
        auto to = etcd::destinations_of(place.settings.client);
        if (!to) {
            throw std::runtime_error(to.error());
        }
        place.to = *std::move(to);
        return place;
    }

    runtime::WorkerGroup workers_{1};
    const std::shared_ptr<session::ServerShared> shared_ = new_shared();
    std::vector<std::unique_ptr<directory::ClusterClaim>> held_;
    peers::Cluster cluster_;
};

class Members {
public:
    explicit Members(const std::vector<std::string>& urls) {
        const std::vector<std::string> names{"a", "b", "c"};
        const auto keys = new_keys();
        std::vector<Place> places;
        for (std::size_t i = 0; i < members_count; ++i) {
            places.push_back(free_place());
        }
        for (std::size_t i = 0; i < members_count; ++i) {
            peers::Links::Settings links{names[i], {}, keys, {}};
            for (std::size_t other = 0; other < members_count; ++other) {
                if (other != i) {
                    links.peers.push_back({names[other], "127.0.0.1", places[other].port});
                }
            }
            members_.push_back(std::make_unique<Member>(std::move(links), urls));
        }
        for (std::size_t i = 0; i < members_count; ++i) {
            members_[i]->start(std::move(places[i].listener));
        }
        wait_until("links and etcd", [this] {
            return std::all_of(members_.begin(), members_.end(), [](const auto& each) { return each->is_ready(); });
        });
    }

    /// Of the host with this number, of which each member has every third one.
    static std::string host(std::size_t number) { return "h" + std::to_string(number) + ".load.example.com"; }
    void claim(std::size_t number, std::function<void(bool)> decided) {
        members_[number % members_count]->claim(host(number), std::move(decided));
    }
    bool is_routed(std::size_t number) const {
        const std::string name = host(number);
        for (std::size_t i = 0; i < members_count; ++i) {
            if (i != number % members_count && !members_[i]->routes(name)) {
                return false;
            }
        }
        return true;
    }

private:
    std::vector<std::unique_ptr<Member>> members_;
};

double percentile(std::vector<double>& values, double part) {
    if (values.empty()) {
        return 0;
    }
    const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
    return values[at];
}

void load(Members& members, std::size_t count, std::size_t window) {
    std::atomic<std::size_t> answered{0};
    std::atomic<std::size_t> refused{0};
    const TimePoint began = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        wait_until(
            "answers", [&] { return i < answered + window * members_count; }, 1ms);
        members.claim(i, [&](bool is_granted) {
            refused += is_granted ? 0U : 1U;
            ++answered;
        });
    }
    wait_until(
        "the last answers", [&] { return answered == count; }, 1ms);
    const Seconds granted = Clock::now() - began;
    std::size_t next = 0;
    wait_until("routes", [&] {
        while (next < count && members.is_routed(next)) {
            ++next;
        }
        return next == count || refused != 0;
    });
    const Seconds seen = Clock::now() - began;
    std::printf("count=%zu refused=%zu granted=%.2f seen=%.2f per_second=%.0f\n", count, refused.load(),
                granted.count(), seen.count(), static_cast<double>(count) / granted.count());
}

// Times of hosts, in milliseconds from their claims.
class Times {
public:
    explicit Times(std::size_t count) : began_(count), granted_(count, -1) {}

    void begin(std::size_t number, TimePoint now) { began_[number] = now; }
    /// Any thread.
    void decided(std::size_t number, bool is_granted) {
        const std::lock_guard lock(mutex_);
        ++answered_;
        if (is_granted) {
            granted_[number] = since(number);
            unseen_.push_back(number);
        }
    }
    /// True when all are answered, and those that are granted have been seen.
    bool look(const Members& members, std::size_t begun) {
        const std::lock_guard lock(mutex_);
        std::erase_if(unseen_, [&](std::size_t number) {
            const bool is_seen = members.is_routed(number);
            if (is_seen) {
                seen_.push_back(since(number));
            }
            return is_seen;
        });
        return answered_ == begun && unseen_.empty();
    }
    void print(const char* rate, const char* seconds) {
        std::erase(granted_, -1);
        const std::size_t refused = answered_ - granted_.size();
        std::printf(
            "rate=%s seconds=%s refused=%zu granted_p50=%.1f granted_p99=%.1f seen_p50=%.1f seen_p99=%.1f "
            "seen_max=%.1f\n",
            rate, seconds, refused, percentile(granted_, 0.5), percentile(granted_, 0.99), percentile(seen_, 0.5),
            percentile(seen_, 0.99), percentile(seen_, 1));
    }

private:
    double since(std::size_t number) const {
        return std::chrono::duration<double, std::milli>(Clock::now() - began_[number]).count();
    }

    std::mutex mutex_;
    std::vector<TimePoint> began_;
    std::vector<double> granted_;  // -1: it is not
    std::vector<double> seen_;
    std::deque<std::size_t> unseen_;
    std::size_t answered_ = 0;
};

void rate(Members& members, const char* per_second, const char* seconds) {
    const auto count = static_cast<std::size_t>(std::stod(per_second) * std::stod(seconds));
    const Seconds step(1 / std::stod(per_second));
    Times times(count);
    const TimePoint began = Clock::now();
    for (std::size_t next = 0; next < count;) {
        const TimePoint now = Clock::now();
        for (; next < count && began + std::chrono::duration_cast<Duration>(step * next) <= now; ++next) {
            times.begin(next, now);
            members.claim(next, [&times, next](bool is_granted) { times.decided(next, is_granted); });
        }
        (void)times.look(members, next);
        std::this_thread::sleep_for(1ms);
    }
    wait_until(
        "the last hosts", [&] { return times.look(members, count); }, 1ms);
    times.print(per_second, seconds);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 4 ? argv[1] : "";
    if (mode != "load" && mode != "rate") {
        std::fputs("usage: etcd_names load COUNT WINDOW URL... | rate PER_SECOND SECONDS URL...\n", stderr);
        return 2;
    }
    try {
        Members members({argv + 4, argv + argc});
        if (mode == "load") {
            load(members, std::stoul(argv[2]), std::stoul(argv[3]));
        } else {
            rate(members, argv[2], argv[3]);
        }
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "etcd_names: %s\n", problem.what());
        return 1;
    }
}
