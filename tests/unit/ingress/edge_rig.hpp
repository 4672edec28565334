// An HTTP edge with a pair of trunks behind it and a backend at their end: everything but the sockets' other ends,
// which are the test's, is the real thing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/dial.hpp"
#include "ingress/http_edge.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "unit/ingress/peers.hpp"
#include "unit/trunk/trunk_rig.hpp"

namespace ferrotunnel::ingress::test {

using namespace std::chrono_literals;

using ferrotunnel::test::eventually;
using ferrotunnel::test::RecordingLogger;
using runtime::test::on;
using transport::test::connect_to;
using trunk::test::NullWaker;
using trunk::test::RunningWorker;
using trunk::test::TrunkPair;

/// The server's end of a pair of trunks, as the directory knows it.
class PairCarrier final : public directory::HttpCarrier {
public:
    explicit PairCarrier(TrunkPair& pair) : pair_(pair) {}

    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { return pair_.worker; }
    void open(std::uint32_t service, const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
              bool foreign, Opened opened) override {
        opens.fetch_add(1);
        auto action = [this, service, visitor, waker, foreign, opened] {
            if (refuse_next.load() > 0) {
                refuse_next.fetch_sub(1);
                if (before_refusal) {
                    before_refusal();
                }
                opened(refuse_with.load());
                return;
            }
            mux::Session::OpenRequest request;
            request.service = service;
            request.kind = wire::ServiceKind::http;
            request.visitor = visitor.address;
            auto stream = pair_.server.trunk->session().open(request, waker, foreign, pair_.worker.now());
            pair_.server.trunk->session_changed();
            if (stream) {
                opened(directory::HttpStream{*stream, nullptr});
            } else {
                opened(stream.error());
            }
        };
        if (worker().here()) {
            action();
        } else {
            worker().post(action);
        }
    }
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}
    std::string_view member_name() const noexcept override { return member; }

    std::string member;  // of the cluster, to be set while nothing is opened
    std::atomic<int> opens{0};
    std::atomic<int> refuse_next{0};
    std::atomic<wire::Code> refuse_with{wire::Code::busy};
    std::function<void()> before_refusal;  // on the trunk's worker; to be set while nothing is opened

private:
    TrunkPair& pair_;
};

inline directory::HttpDescription described(const std::string& host) {
    directory::HttpDescription description;
    description.name = host;
    description.hosts = {host};
    return description;
}

inline exchange::EdgeSettings quick_settings() {
    exchange::EdgeSettings settings;
    settings.backend_connect_timeout = 10s;
    settings.body_grace = 60s;  // tests of these set their own
    settings.head_timeout = 60s;
    settings.pool_idle_timeout = 60s;
    settings.linger_timeout = 500ms;
    settings.hold = 0ms;
    return settings;
}

/// Has the edge listen at a free port of this machine, and says which.
inline runtime::SocketAddress add_listener(HttpEdge& edge, HttpListenerSettings settings = {}) {
    runtime::Fd listener = transport::test::listen_on_loopback();
    const runtime::SocketAddress address = runtime::local_address(listener.get());
    edge.listen(std::move(listener), std::move(settings));
    return address;
}

/// A visitor who comes there, and sends this at once.
inline Peer visit_at(const runtime::SocketAddress& address, std::string_view text = {}) {
    Peer visitor(connect_to(address));
    visitor.send(text);
    return visitor;
}

/// A service that must be taken.
inline std::shared_ptr<directory::HttpService> must_join(directory::HttpDirectory& all,
                                                         const directory::ClientId& client, std::uint32_t id,
                                                         const directory::HttpDescription& description,
                                                         const std::shared_ptr<directory::HttpCarrier>& trunk) {
    directory::Refusal why;
    auto joined = all.join(client, id, description, trunk, Clock::now(), why);
    REQUIRE(joined.service);
    return joined.service;
}

/// `foreign`: visitors are served on another worker than the trunk's. `set_up`: for what is not in EdgeSettings.
class EdgeRig {
public:
    explicit EdgeRig(exchange::EdgeSettings settings = quick_settings(), bool foreign = false,
                     const std::function<void(EdgeShared&)>& set_up = {}) {
        EdgeShared shared;
        shared.settings = settings;
        shared.directory = directory;
        shared.log = &log;
        shared.random = &runtime::system_random();
        if (set_up) {
            set_up(shared);
        }
        edge = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&worker(foreign)}, std::move(shared));
        address = add_listener(*edge);
        on(pair.worker, [this] {
            pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                auto service = std::make_shared<backend::ClientService>();
                service->name = "test";
                service->backend = backends[open.service];
                const auto place = places.find(open.service);
                if (service->backend.text.empty() && place == places.end()) {
                    stream->abort(wire::Code::unknown_service);  // as clients do
                    return;
                }
                if (service->backend.text.empty()) {
                    service->backend.place.at = place->second;
                }
                backend::dial_backend(
                    pair.worker, std::move(service), std::move(stream), open.visitor,
                    {make_intrusive<trunk::Traffic>(), std::make_shared<backend::SelfLoopDetector>(), log});
            };
        });
        add_service("app.test", 1, backend.place());
    }
    ~EdgeRig() {
        on(edge_worker(), [this] { edge.reset(); });
        on(pair.worker, [this] { pair.client.on_stream = nullptr; });
    }

    std::shared_ptr<directory::HttpService> add_service(const directory::HttpDescription& description, std::uint32_t id,
                                                        const net::HostPort& to) {
        on(pair.worker, [&] { places[id] = to; });
        return join(description, id, carrier);
    }
    std::shared_ptr<directory::HttpService> add_service(const std::string& host, std::uint32_t id,
                                                        const net::HostPort& to) {
        return add_service(described(host), id, to);
    }
    std::shared_ptr<directory::HttpService> join(std::uint32_t id, directory::HttpDescription description) {
        description.name = description.hosts.front();
        return join(description, id, carrier);
    }
    std::shared_ptr<directory::HttpService> join(const directory::HttpDescription& description, std::uint32_t id,
                                                 const std::shared_ptr<directory::HttpCarrier>& trunk) {
        return must_join(*directory, client, id, description, trunk);
    }

    Peer visit(std::string_view text = {}) { return visit_at(address, text); }
    /// What the visitor sends is there before the edge takes it: none of the visitor's time is lost with that.
    Peer visit_at_once(std::string_view text) {
        return on(edge_worker(), [&] { return visit(text); });
    }
    runtime::Worker& edge_worker() { return edge->at(0).worker; }
    const exchange::EdgeCounters& counters() const { return edge->counters(); }
    std::size_t pooled() {
        return on(edge_worker(), [this] { return edge->at(0).pool.size(); });
    }

    RecordingLogger log;
    TrunkPair pair;
    std::unique_ptr<RunningWorker> other;
    std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    std::shared_ptr<PairCarrier> carrier = std::make_shared<PairCarrier>(pair);
    const directory::ClientId client{};
    BackendPort backend;
    runtime::SocketAddress address;
    std::unique_ptr<HttpEdge> edge;
    std::map<std::uint32_t, net::HostPort> places;       // backends by service; used on the trunk's worker
    std::map<std::uint32_t, backend::Backend> backends;  // used instead if it has a text: more than a place

private:
    runtime::Worker& worker(bool foreign) {
        if (!foreign) {
            return pair.worker;
        }
        other = std::make_unique<RunningWorker>();
        return other->worker;
    }
};

inline std::string ask(const std::string& host, const std::string& path = "/", const std::string& more = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n";
}

inline std::string get(const std::string& path = "/", const std::string& more = {}) {
    return ask("app.test", path, more);
}

/// The head of a request with a body of so many bytes.
inline std::string post(std::size_t size, const std::string& more = {}) {
    return "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(size) + "\r\n" + more + "\r\n";
}

inline std::string answer(const std::string& body, const std::string& more = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

/// Reads a request, and answers it.
inline void serve_one(Peer& backend, const std::string& body, const std::string& more = {}) {
    backend.read_message();
    backend.send(answer(body, more));
}

inline std::string random_text(std::size_t size, unsigned seed = 1) {
    std::string text(size, '\0');
    std::uint64_t state = seed;
    for (char& each : text) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        each = static_cast<char>(state >> 56);
    }
    return text;
}

}  // namespace ferrotunnel::ingress::test
