#include "peers/peer_carrier.hpp"

#include <algorithm>
#include <utility>

#include "peers/control_stream.hpp"
#include "peers/forwarded_visitor.hpp"
#include "peers/link.hpp"
#include "session/trunk_load.hpp"

namespace ferrotunnel::peers {

using wire::Code;

namespace {

// Local trunks go before every other member.
constexpr std::uint64_t load_of_members = std::uint64_t{1} << 33;

}  // namespace

PeerCarrier::PeerCarrier(std::string name, runtime::WorkerGroup& workers) : name_(std::move(name)), workers_(workers) {}

PeerCarrier::~PeerCarrier() = default;

// --- links ---

void PeerCarrier::add(std::shared_ptr<Link> link) {
    const MutexLock lock(mutex_);
    links_.push_back(std::move(link));
}

void PeerCarrier::remove(const Link& link) noexcept {
    std::shared_ptr<Link> removed;  // released without the lock
    const MutexLock lock(mutex_);
    const auto at = std::find_if(links_.begin(), links_.end(), [&link](const auto& one) { return one.get() == &link; });
    if (at != links_.end()) {
        removed = std::move(*at);
        links_.erase(at);
    }
}

std::size_t PeerCarrier::links() const {
    const MutexLock lock(mutex_);
    return links_.size();
}

std::uint64_t PeerCarrier::streams() const {
    const MutexLock lock(mutex_);
    std::uint64_t streams = 0;
    for (const std::shared_ptr<Link>& link : links_) {
        streams += link->streams();
    }
    return streams;
}

std::uint64_t PeerCarrier::forwarded() const noexcept {
    return forwarded_.load(std::memory_order_relaxed);
}

bool PeerCarrier::is_responsive() const {
    return choose() != nullptr;
}

std::shared_ptr<Link> PeerCarrier::choose() const noexcept {
    const MutexLock lock(mutex_);
    std::shared_ptr<Link> best;
    for (const std::shared_ptr<Link>& link : links_) {
        if (!link->is_responsive()) {
            continue;
        }
        if (link->worker().here()) {
            return link;
        }
        if (!best || link->streams() < best->streams()) {
            best = link;
        }
    }
    return best;
}

// --- visitors ---

// Of two members with the same load, the one with a link on the calling worker has less: a visitor that changes threads
// costs a wake-up.
std::uint64_t PeerCarrier::load() const noexcept {
    const std::shared_ptr<Link> link = choose();
    return load_of_members + 2 * streams() + (link && link->worker().here() ? 0 : 1);
}

// Where `open` would open a stream now. It decides anew, and knows itself which endpoints are foreign.
runtime::Worker& PeerCarrier::worker() noexcept {
    const std::shared_ptr<Link> link = choose();
    return link ? link->worker() : workers_.at(0);
}

void PeerCarrier::open(std::uint32_t /*service*/, const directory::HttpVisitor& visitor,
                       IntrusivePtr<buffer::Waker> waker, bool /*foreign*/, Opened opened) {
    directory::HttpOpenAnswer answer(std::move(opened));
    const std::shared_ptr<Link> link = choose();
    if (!link) {
        return;  // going_away
    }
    auto action = [self = shared_from_this(), visitor, waker = std::move(waker), foreign = !link->worker().here(),
                   counted = session::TrunkLoad::Count(link->arriving()),
                   answer = std::move(answer)](Link& at) mutable {
        counted.end();
        auto stream = forward_http(at, visitor, std::move(waker), foreign);
        if (stream) {
            self->count_forwarded();
        }
        answer.give(std::move(stream));
    };
    if (link->worker().here()) {
        action(*link);
    } else {
        (void)link->post(std::move(action));
    }
}

template <typename AnyVisitor>
void PeerCarrier::forward(AnyVisitor visitor) {
    const std::shared_ptr<Link> link = choose();
    if (!link) {
        pass_on_without_link(visitor);
        return;
    }
    if (link->worker().here()) {
        forward_visitor(*link, shared_from_this(), std::move(visitor), forwarded_);
        return;
    }
    (void)link->post([self = shared_from_this(), visitor = std::move(visitor),
                      counted = session::TrunkLoad::Count(link->arriving())](Link& at) mutable {
        counted.end();
        forward_visitor(at, self, std::move(visitor), self->forwarded_);
    });
}

// Without another carrier the visitor's connection is reset, or it is refused, when the caller releases it.
void PeerCarrier::pass_on_without_link(directory::Visitor& visitor) {
    if (const std::shared_ptr<directory::SharedPort> port = visitor.port) {
        (void)port->pass_on(visitor, *this);
    }
}

void PeerCarrier::pass_on_without_link(directory::TlsVisitor& visitor) {
    (void)directory::pass_on(visitor, *this);
}

void PeerCarrier::take(directory::Visitor visitor, std::uint32_t /*service*/) {
    forward(std::move(visitor));
}

void PeerCarrier::take(directory::TlsVisitor visitor, std::uint32_t /*service*/) {
    if (!visitor.distant) {  // one that another member has forwarded makes no second hop: it is refused
        forward(std::move(visitor));
    }
}

bool PeerCarrier::on_link(std::function<void(Link&)> action) {
    const std::shared_ptr<Link> link = choose();
    if (!link) {
        return false;
    }
    if (link->worker().here()) {
        action(*link);
        return true;
    }
    return link->post(
        [action = std::move(action), counted = session::TrunkLoad::Count(link->arriving())](Link& at) mutable {
            counted.end();
            action(at);
        });
}

bool PeerCarrier::send_control(runtime::Fd socket) {
    const std::shared_ptr<Link> link = choose();
    return link &&
           link->post([socket = std::move(socket)](Link& at) mutable { peers::send_control(at, std::move(socket)); });
}

// Names of other members are taken from the directory by its owner, which knows what they have.
void PeerCarrier::dropped(const std::shared_ptr<directory::HttpService>& /*service*/) noexcept {}
void PeerCarrier::dropped(const std::shared_ptr<directory::SharedPort>& /*port*/) noexcept {}

}  // namespace ferrotunnel::peers
