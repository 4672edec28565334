// The HTTP edge that implements HttpFront: a listener on the first worker, and a part on each worker.
#pragma once

#include <memory>
#include <vector>

#include "buffer/mailbox.hpp"
#include "ingress/edge_worker.hpp"
#include "ingress/http_front.hpp"
#include "ingress/http_listener.hpp"
#include "login/connection_limiter.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::ingress {

class HttpEdge final : public HttpFront {
public:
    /// Any thread may create it. The workers outlive it.
    HttpEdge(const std::vector<runtime::Worker*>& workers, EdgeShared shared);
    /// Destroyed when no worker runs any more, or on the thread of the only one.
    ~HttpEdge() override;
    HttpEdge(const HttpEdge&) = delete;
    HttpEdge& operator=(const HttpEdge&) = delete;

    void listen(runtime::Fd listener, HttpListenerSettings settings) override;
    void serve(IntrusivePtr<mux::Stream> stream, const directory::HttpVisitor& visitor) override;
    void close(const std::string& at) override;
    void drain() noexcept override;
    void retire() noexcept override;
    void stop() noexcept override;
    void set_hooks(const exchange::HooksFactory& make, const std::function<void()>& before) override;
    void set_rules(HttpFrontRules rules) override;
    std::size_t connections() const noexcept override;
    std::shared_ptr<const exchange::EdgeCounters> totals() const noexcept override { return shared_->counters; }

    /// Thread-safe.
    const exchange::EdgeCounters& counters() const noexcept { return *shared_->counters; }
    /// The edge's part of a worker, for inspection; on that worker.
    EdgeWorker& at(std::size_t worker) noexcept { return *workers_[worker]; }

private:
    struct Listeners {
        std::vector<std::unique_ptr<HttpListener>> all;
        bool closed = false;
    };

    /// The messages that end the edge's parts; they are allocated in advance.
    using CloseMail = buffer::WakeMail<Listeners, std::shared_ptr<Listeners>>;
    using DrainMail = buffer::WakeMail<EdgeWorker, std::shared_ptr<EdgeWorker>>;
    using StopMail = buffer::WakeMail<EdgeWorker, std::weak_ptr<EdgeWorker>>;
    struct Mails {
        IntrusivePtr<DrainMail> drain;
        IntrusivePtr<DrainMail> retire;
        IntrusivePtr<StopMail> stop;
    };

    void close_listeners() noexcept;
    static void close_all(const std::shared_ptr<Listeners>& listeners) noexcept;

    runtime::Worker& first_;
    const std::shared_ptr<const EdgeShared> shared_;
    const std::shared_ptr<login::ConnectionLimiter> limiter_;
    std::vector<std::shared_ptr<EdgeWorker>> workers_;
    std::vector<Mails> mails_;  // one for each of them
    const IntrusivePtr<CloseMail> close_mail_;
    const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();  // the first worker's
};

}  // namespace ferrotunnel::ingress
