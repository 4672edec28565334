#include "ingress/http_edge.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "base/check.hpp"
#include "ingress/http_connection.hpp"
#include "ingress/stream_pipe.hpp"
#include "ingress/tls_passthrough.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::ingress {

namespace {

// Drains one worker. Visitors that could not be notified for lack of memory are cut by stop().
void drain_edge(const std::shared_ptr<EdgeWorker>& edge) noexcept try { edge->drain(); } catch (const std::bad_alloc&) {
}

void retire_edge(const std::shared_ptr<EdgeWorker>& edge) noexcept try {
    edge->retire();
} catch (const std::bad_alloc&) {
}

void end_edge(const std::weak_ptr<EdgeWorker>& edge) noexcept {
    if (const auto ending = edge.lock()) {
        ending->end();
    }
}

/// Brings a worker its new plugins.
class HooksMail final : public buffer::Mail {
public:
    HooksMail(const std::shared_ptr<EdgeWorker>& edge, std::unique_ptr<hooks::HttpHooks> hooks)
        : edge_(edge), hooks_(std::move(hooks)) {}
    void deliver() noexcept override {
        if (const auto edge = edge_.lock()) {
            edge->hooks.swap(hooks_);
        }
    }

private:
    const std::weak_ptr<EdgeWorker> edge_;
    std::unique_ptr<hooks::HttpHooks> hooks_;
};

/// Brings a worker its new rules.
class RulesMail final : public buffer::Mail {
public:
    RulesMail(const std::shared_ptr<EdgeWorker>& edge, std::shared_ptr<const exchange::EdgeRules> rules)
        : edge_(edge), rules_(std::move(rules)) {}
    void deliver() noexcept override {
        if (const auto edge = edge_.lock()) {
            edge->swap_rules(rules_);
        }
    }

private:
    const std::weak_ptr<EdgeWorker> edge_;
    std::shared_ptr<const exchange::EdgeRules> rules_;
};

void put_rules(HttpFrontRules&& from, exchange::EdgeRules& into) {
    into.settings = std::move(from.edge);
    into.challenge_backend = from.challenge_backend;
    into.pages = std::move(from.pages);
    into.access = std::move(from.access);
    into.traces = std::move(from.traces);
    if (!from.trusted_proxies.empty()) {
        into.is_trusted = [trusted = std::move(from.trusted_proxies)](std::string_view address) {
            return trusted.contains(address);
        };
    }
}

}  // namespace

HttpEdge::HttpEdge(const std::vector<runtime::Worker*>& workers, EdgeShared shared)
    : first_(*workers.front()),
      shared_([&] {
          shared.workers = workers.size();
          return std::make_shared<const EdgeShared>(std::move(shared));
      }()),
      limiter_(std::make_shared<login::ConnectionLimiter>(
          shared_->settings.connections, shared_->settings.connections_per_address, login::Sharing::of_what_is_free)),
      close_mail_(make_intrusive<CloseMail>(&close_all)) {
    for (runtime::Worker* worker : workers) {
        workers_.push_back(std::make_shared<EdgeWorker>(*worker, shared_));
        mails_.push_back({make_intrusive<DrainMail>(&drain_edge), make_intrusive<DrainMail>(&retire_edge),
                          make_intrusive<StopMail>(&end_edge)});
    }
}

HttpEdge::~HttpEdge() {
    listeners_->all.clear();
    for (const auto& edge : workers_) {
        edge->end();
    }
}

void HttpEdge::listen(runtime::Fd listener, HttpListenerSettings settings) {
    auto begin = [&worker = first_, listeners = listeners_, edges = workers_, limiter = limiter_,
                  settings = std::move(settings), fd = std::make_shared<runtime::Fd>(std::move(listener))]() noexcept {
        if (!listeners->closed) {
            listeners->all.push_back(std::make_unique<HttpListener>(worker, std::move(*fd), settings, edges, limiter));
        }
    };
    if (first_.here()) {
        begin();
    } else {
        first_.post(std::move(begin));
    }
}

// The visitor has its ticket at the other member. What bounds these connections is the number of streams that a link
// may have (limits::streams_max).
void HttpEdge::serve(IntrusivePtr<mux::Stream> stream, const directory::HttpVisitor& visitor) {
    const auto found =
        std::find_if(workers_.begin(), workers_.end(), [](const auto& edge) { return edge->worker.here(); });
    check(found != workers_.end(), "a forwarded visitor is served on a worker of the edge");
    EdgeWorker& edge = **found;
    auto pipe = std::make_unique<StreamPipe>(edge.worker, std::move(stream));
    if (edge.draining() && !edge.is_retired()) {
        pipe->reject_input();
        return;
    }
    pipe->accept();
    exchange::VisitorFacts facts;
    facts.address = net::ip_text(visitor.address);
    facts.wire = visitor.address;
    facts.https = visitor.https;
    facts.key_group = visitor.key_group;
    facts.trusted = visitor.trusted;
    facts.certificate_source =
        visitor.certificate ? exchange::CertificateSource::member : exchange::CertificateSource::peer;
    facts.from_member = true;
    (void)make_intrusive<HttpConnection>(edge, std::move(pipe), std::move(facts), login::ConnectionTicket())->start();
}

void HttpEdge::close(const std::string& at) {
    auto close = [listeners = listeners_, at]() noexcept {
        std::erase_if(listeners->all, [&](const auto& listener) { return listener->address().text() == at; });
    };
    if (first_.here()) {
        close();
    } else {
        first_.post(std::move(close));
    }
}

void HttpEdge::close_all(const std::shared_ptr<Listeners>& listeners) noexcept {
    listeners->closed = true;
    for (const auto& listener : listeners->all) {
        listener->close();
    }
}

void HttpEdge::close_listeners() noexcept {
    if (first_.here()) {
        close_all(listeners_);
    } else {
        (void)close_mail_->post(*first_.mailbox(), listeners_);
    }
}

void HttpEdge::drain() noexcept {
    close_listeners();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        const auto& edge = workers_[i];
        if (edge->worker.here()) {
            drain_edge(edge);
        } else {
            (void)mails_[i].drain->post(*edge->worker.mailbox(), edge);
        }
    }
}

void HttpEdge::retire() noexcept {
    close_listeners();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        (void)mails_[i].retire->post(*workers_[i]->worker.mailbox(), workers_[i]);
    }
}

void HttpEdge::stop() noexcept {
    close_listeners();
    // Connections never end at once: an application may stop its server within a callback, in the middle of an
    // exchange. Once this object is gone there is nothing left to end.
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        (void)mails_[i].stop->post(*workers_[i]->worker.mailbox(), workers_[i]);
    }
}

// Everything that can fail comes first.
void HttpEdge::set_hooks(const exchange::HooksFactory& make, const std::function<void()>& before) {
    std::vector<IntrusivePtr<buffer::Mail>> mails;
    for (const auto& edge : workers_) {
        mails.emplace_back(make_intrusive<HooksMail>(edge, make ? make(edge->worker.mailbox()) : nullptr));
    }
    before();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        (void)workers_[i]->worker.mailbox()->post(std::move(mails[i]));
    }
}

// Everything that can fail comes first.
void HttpEdge::set_rules(HttpFrontRules rules) {
    const auto next = std::make_shared<exchange::EdgeRules>();
    put_rules(std::move(rules), *next);
    std::vector<IntrusivePtr<buffer::Mail>> mails;
    for (const auto& edge : workers_) {
        mails.emplace_back(make_intrusive<RulesMail>(edge, next));
    }
    limiter_->set_caps(next->settings.connections, next->settings.connections_per_address);
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        (void)workers_[i]->worker.mailbox()->post(std::move(mails[i]));
    }
}

std::size_t HttpEdge::connections() const noexcept {
    return static_cast<std::size_t>(shared_->counters->connections_now.load(std::memory_order_relaxed));
}

std::unique_ptr<HttpFront> open_http_front(const HttpFrontParts& parts, HttpFrontSettings settings) {
    EdgeShared shared;
    put_rules(std::move(settings.rules), shared);
    shared.directory = parts.directory;
    shared.passthrough = passthrough_by(parts.directory);
    shared.has_certificate = std::move(settings.has_certificate);
    shared.challenge_answer = std::move(settings.challenge_answer);
    shared.make_hooks = std::move(settings.make_hooks);
    shared.own_cookies = std::move(settings.own_cookies);
    shared.accepted_cookies = std::move(settings.accepted_cookies);
    shared.on_member = std::move(settings.on_member);
    shared.log = &parts.log;
    shared.random = &parts.random;
    std::vector<runtime::Worker*> workers;
    for (std::size_t i = 0; i < parts.workers.size(); ++i) {
        workers.push_back(&parts.workers.at(i));
    }
    return std::make_unique<HttpEdge>(workers, std::move(shared));
}

}  // namespace ferrotunnel::ingress
