// Members of a cluster in one process: links over loopback, with a register that only remembers.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "peers/links.hpp"
#include "peers/visitor_header.hpp"
#include "runtime/system_random.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/transport/link_keys.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::peers::test {

using ferrotunnel::test::eventually;
using ferrotunnel::test::RecordingLogger;

inline std::shared_ptr<const transport::ClusterKeys> keys_of(std::uint8_t fill) {
    return std::make_shared<const transport::ClusterKeys>(
        transport::ClusterKeys{transport::test::cluster_key(fill), std::nullopt});
}

/// Sends what the test gives it, and remembers what arrives.
class FakeRegister final : public RegisterAccess {
public:
    explicit FakeRegister(std::string own) : hello_as(std::move(own)) {}

    cluster::LinkId new_link() override {
        const std::lock_guard lock(mutex_);
        return ++last_;
    }
    cluster::Hello hello() const override {
        cluster::Hello hello;
        hello.member = hello_as;
        hello.incarnation = 1;
        hello.members = {"a", "b", "c", "d"};
        hello.agent = "test/" + hello_as;
        return hello;
    }
    Result<cluster::MemberIndex, std::string> connected(cluster::LinkId link, const cluster::Hello& hello,
                                                        std::shared_ptr<RegisterPeer> peer) override {
        const std::lock_guard lock(mutex_);
        ++connects;
        if (!refusal.empty()) {
            return refusal;
        }
        peers_[link] = {hello.member, std::move(peer), {}};
        return cluster::MemberIndex{0};
    }
    void received(cluster::LinkId link, const cluster::Message& message) override {
        const std::lock_guard lock(mutex_);
        received_.emplace_back(peers_.at(link).name, message);
    }
    void disconnected(cluster::LinkId link) override {
        const std::lock_guard lock(mutex_);
        ++disconnects;
        peers_.erase(link);
    }
    std::optional<cluster::Message> next(cluster::LinkId link) override {
        const std::lock_guard lock(mutex_);
        const auto peer = peers_.find(link);
        if (peer == peers_.end() || peer->second.waiting.empty()) {
            return std::nullopt;
        }
        cluster::Message message = std::move(peer->second.waiting.front());
        peer->second.waiting.pop_front();
        return message;
    }

    // For the test's thread.

    /// Sends the messages to this member; false if it is not connected.
    bool send(const std::string& to, const std::vector<cluster::Message>& messages) {
        std::shared_ptr<RegisterPeer> peer;
        {
            const std::lock_guard lock(mutex_);
            for (auto& [link, one] : peers_) {
                if (one.name == to) {
                    one.waiting.insert(one.waiting.end(), messages.begin(), messages.end());
                    peer = one.peer;
                }
            }
        }
        if (peer) {
            peer->on_ready();
        }
        return peer != nullptr;
    }
    void refuse(const std::string& member, const std::string& why) {
        std::vector<std::shared_ptr<RegisterPeer>> found;
        {
            const std::lock_guard lock(mutex_);
            for (auto& [link, one] : peers_) {
                if (one.name == member) {
                    found.push_back(one.peer);
                }
            }
        }
        for (const auto& peer : found) {
            peer->on_refused(why);
        }
    }
    std::vector<std::pair<std::string, cluster::Message>> messages() const {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (const auto& [link, one] : peers_) {
            count += one.waiting.size();
        }
        return count;
    }

    std::string hello_as;  // set before the start
    std::string refusal;   // likewise
    std::atomic<int> connects{0};
    std::atomic<int> disconnects{0};

private:
    struct Peer {
        std::string name;
        std::shared_ptr<RegisterPeer> peer;
        std::deque<cluster::Message> waiting;
    };
    mutable std::mutex mutex_;
    cluster::LinkId last_ = 0;
    std::map<cluster::LinkId, Peer> peers_;
    std::vector<std::pair<std::string, cluster::Message>> received_;
};

/// A place where a member listens, which is there before it starts.
struct Place {
    Place() : listener(runtime::test::listen_on_loopback()), port(runtime::local_address(listener.get()).port()) {}
    runtime::Fd listener;
    const std::uint16_t port;
};

/// Short retries, for tests that lose links; other times as they are.
inline LinkSettings quick_retries() {
    LinkSettings times;
    times.retry_first = std::chrono::milliseconds(20);
    times.retry_max = std::chrono::milliseconds(100);
    return times;
}

struct Member {
    using OnStream = std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)>;

    Member(std::string name_in, std::vector<PeerSettings> peers, std::uint8_t key = 1, std::size_t worker_count = 2,
           LinkSettings times = quick_retries())
        : name(std::move(name_in)),
          workers(worker_count),
          names(name),
          links({name, std::move(peers), keys_of(key), times},
                {workers, names,
                 [this](runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                     stream_workers.fetch_or(&worker == &workers.at(0) ? 1U : 2U);
                     on_stream ? on_stream(std::move(stream), open) : stream->abort(wire::Code::unknown_service);
                 },
                 LinkAccounts{}, log, runtime::system_random(),
                 [this](const std::string& from, runtime::Fd socket) { on_control(from, std::move(socket)); }}) {}
    ~Member() {
        workers.stop();
        workers.join();
    }

    void start(runtime::Fd listener) {
        workers.start();
        links.start(std::move(listener));
    }
    PeerState state(std::size_t peer = 0) const { return links.states().at(peer); }
    bool is_linked(std::size_t data_links, std::size_t peer = 0) const {
        const PeerState now = state(peer);
        return now.linked && now.data_links == data_links;
    }
    PeerCarrier& carrier(std::size_t peer = 0) const { return *links.carriers().at(peer); }

    const std::string name;
    OnStream on_stream;                                                    // set before the start; empty: "not here"
    Links::OnControl on_control = [](const std::string&, runtime::Fd) {};  // likewise
    std::atomic<unsigned> stream_workers{0};
    RecordingLogger log;
    runtime::WorkerGroup workers;
    FakeRegister names;
    Links links;
};

/// Members a and b. Only a dials.
struct TwoMembers {
    explicit TwoMembers(std::uint8_t key_of_b = 1, const LinkSettings& times = quick_retries())
        : b("b", {{"a", "127.0.0.1", 1}}, key_of_b, 2, times), a("a", {{"b", "127.0.0.1", place.port}}, 1, 2, times) {}

    void start() {
        b.start(std::move(place.listener));
        a.start(runtime::test::listen_on_loopback());
    }
    bool are_linked() const { return a.is_linked(2) && b.is_linked(2); }

    Place place;
    Member b;
    Member a;
};

/// Remembers what a stream has brought; the test's endpoint half.
class NullWaker final : public buffer::Waker {
public:
    void wake() noexcept override {}
};

}  // namespace ferrotunnel::peers::test
