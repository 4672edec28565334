// Two members of a cluster in one process: an edge that visitors enter, a link in memory, and an edge with a client.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "trunk/loopback_trunk.hpp"
#include "unit/ingress/edge_rig.hpp"

namespace ferrotunnel::ingress::test {

/// The link to a member whose edge is `host`, on that edge's worker.
class LinkCarrier final : public directory::HttpCarrier {
public:
    LinkCarrier(std::string name, runtime::Worker& worker, HttpEdge& host)
        : name_(std::move(name)), worker_(worker), host_(host) {
        on(worker_, [&] {
            const auto accept = [this](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                arrive(std::move(stream));
            };
            line_ = make_intrusive<trunk::LoopbackTrunk>(worker_, accept);
        });
    }
    ~LinkCarrier() override {
        const auto end = [this] {
            cut();
            still_.clear();
            line_.reset();
        };
        if (worker_.here()) {  // the last stream of an edge has held it
            end();
        } else {
            on(worker_, end);
        }
    }

    std::uint64_t load() const noexcept override { return busy; }
    runtime::Worker& worker() noexcept override { return worker_; }
    std::string_view member_name() const noexcept override { return name_; }
    void open(std::uint32_t, const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker, bool foreign,
              Opened opened) override {
        opens.fetch_add(1);
        if (stands_still) {
            busy = 1000;  // as one whose link is seen to be broken: another one is preferred
        }
        auto action = [this, visitor, waker, foreign, opened] {
            auto stream = open_stream(visitor, waker, foreign);
            if (stream) {
                opened(directory::HttpStream{stream, nullptr});
            } else {
                opened(wire::Code::going_away);
            }
        };
        if (worker_.here()) {
            action();
        } else {
            worker_.post(action);
        }
    }
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}

    /// On the worker; null once the link is cut.
    IntrusivePtr<mux::Stream> open_stream(const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
                                          bool foreign) {
        mux::Session::OpenRequest request;
        request.kind = wire::ServiceKind::http;
        request.visitor = visitor.address;
        auto stream = line_->open(request);
        if (!stream) {
            return nullptr;
        }
        visitors_.push_back(visitor);
        (*stream)->attach(std::move(waker), foreign);
        return *stream;
    }
    /// What has stood still arrives.
    void go_on() {
        stands_still = false;
        on(worker_, [this] {
            for (auto& [stream, visitor] : std::exchange(still_, {})) {
                host_.serve(std::move(stream), visitor);
            }
        });
    }
    /// On the worker: the link is lost.
    void cut() { line_->close(); }

    std::atomic<int> opens{0};
    std::atomic<std::uint64_t> busy{0};
    std::atomic<bool> stands_still{false};  // what is sent does not arrive

private:
    void arrive(IntrusivePtr<mux::Stream> stream) {
        const directory::HttpVisitor visitor = visitors_.front();
        visitors_.pop_front();
        if (stands_still) {
            stream->attach(make_intrusive<NullWaker>(), false);
            still_.push_back({std::move(stream), visitor});
        } else {
            host_.serve(std::move(stream), visitor);
        }
    }

    const std::string name_;
    runtime::Worker& worker_;
    HttpEdge& host_;
    IntrusivePtr<trunk::LoopbackTrunk> line_;
    std::deque<directory::HttpVisitor> visitors_;  // whose streams are on their way
    std::vector<std::pair<IntrusivePtr<mux::Stream>, directory::HttpVisitor>> still_;
};

inline directory::HttpDescription forwarded(const std::string& host) {
    directory::HttpDescription description = described(host);
    description.forwards = true;
    description.per_visitor = true;
    return description;
}

/// `host` has the client of app.test; visitors enter at `entry`.
class LinkRig {
public:
    explicit LinkRig(exchange::EdgeSettings at_entry = quick_settings(),
                     exchange::EdgeSettings at_host = quick_settings(),
                     const std::function<void(EdgeShared&)>& set_up = {})
        : host(at_host) {
        EdgeShared shared;
        shared.settings = at_entry;
        shared.directory = directory;
        shared.log = &log;
        shared.random = &runtime::system_random();
        if (set_up) {
            set_up(shared);
        }
        entry = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&worker()}, std::move(shared));
        address = add_listener(*entry);
        link = add_link("host", *host.edge);
    }
    ~LinkRig() {
        on(worker(), [this] { entry.reset(); });
    }

    std::shared_ptr<LinkCarrier> add_link(const std::string& name, HttpEdge& to) {
        return std::make_shared<LinkCarrier>(name, worker(), to);
    }
    /// The members at the ends of `links` have app.test; they are preferred in this order.
    std::shared_ptr<directory::HttpService> forward_to(const std::vector<std::shared_ptr<LinkCarrier>>& links) {
        std::shared_ptr<directory::HttpService> service;
        for (std::size_t i = 0; i < links.size(); ++i) {
            links[i]->busy = 100 * i;
            service = must_join(*directory, client, 1, forwarded("app.test"), links[i]);
        }
        return service;
    }
    Peer visit(std::string_view text = {}) { return visit_at(address, text); }
    runtime::Worker& worker() { return host.pair.worker; }

    EdgeRig host;
    RecordingLogger log;
    std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    const directory::ClientId client{};
    std::unique_ptr<HttpEdge> entry;
    runtime::SocketAddress address;
    std::shared_ptr<LinkCarrier> link;
};

/// A visitor of another member as bytes on a stream, for the test's thread.
class RawVisitor {
public:
    RawVisitor(LinkCarrier& link, const directory::HttpVisitor& visitor) : worker_(link.worker()) {
        on(worker_, [&] { stream_ = link.open_stream(visitor, make_intrusive<NullWaker>(), false); });
    }
    ~RawVisitor() {
        on(worker_, [this] { stream_.reset(); });
    }

    void send(std::string_view text) {
        on(worker_, [&] {
            stream_->send(buffer::Slice::copy_of(as_bytes(text)), false);
            stream_->flush();
        });
    }
    /// Everything that has arrived, once it ends with `end` or the stream has ended.
    std::string read_until(std::string_view end) {
        std::string all;
        eventually([&] {
            on(worker_, [&] {
                for (mux::StreamItem* item = stream_->front(); item != nullptr; item = stream_->front()) {
                    has_fin_ = has_fin_ || item->kind == mux::StreamItem::Kind::fin;
                    all += as_text(item->slice.bytes());
                    stream_->drop_front();
                }
            });
            return (!end.empty() && all.ends_with(end)) || has_fin_ || ended();
        });
        return all;
    }
    bool ended() const {
        return on(worker_, [this] { return static_cast<bool>(stream_->stream_end()); });
    }
    bool has_fin() const { return has_fin_; }
    wire::Code code() const {
        return on(worker_, [this] { return stream_->stream_end().code; });
    }
    std::uint64_t delivered() const {
        return on(worker_, [this] { return stream_->peer_delivered(); });
    }
    bool accepted() const { return stream_->accepted(); }

private:
    runtime::Worker& worker_;
    IntrusivePtr<mux::Stream> stream_;
    bool has_fin_ = false;
};

}  // namespace ferrotunnel::ingress::test
