#include "runtime/connector.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/name_service.hpp"
#include "runtime/own_doors.hpp"
#include "runtime/poller.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

// A question put to the worker's name service. If its owner no longer waits for the answer, the service forgets it.
struct Resolver::Request {
    NameService& names;
    NameService::Ticket ticket;
};

Resolver::Resolver(Worker& worker, const net::HostPort& place, Callback callback)
    : request_(std::make_shared<Request>(Request{worker.names(), 0})) {
    auto with_port = [port = place.port, callback = std::move(callback)](std::error_code error,
                                                                         std::vector<SocketAddress> found) {
        for (SocketAddress& address : found) {
            address.set_port(port);
        }
        callback(error, std::move(found));
    };
    request_->ticket = worker.names().resolve(place.host, std::move(with_port));
}

Resolver::~Resolver() {
    request_->names.forget(request_->ticket);
}

//   resolving --addresses--> connecting(i) --writable, no error--> told
//       |                     |   ^ refused, or its time is up: next address
//       +--no address---------+---+--deadline, no address left--> told with the error
class Connector::Attempt final : private PollTarget {
public:
    Attempt(Worker& worker, Callback callback, Options options)
        : worker_(worker),
          callback_(std::move(callback)),
          options_(options),
          deadline_(worker.now() + options.deadline),
          timer_(worker, [this] { on_timer(); }) {}
    ~Attempt() {
        drop_socket();
        if (destroyed_ != nullptr) {
            *destroyed_ = true;
        }
    }

    void resolve(const net::HostPort& to) {
        timer_.set(deadline_);
        host_ = to.host;
        resolver_.emplace(worker_, to, [this](std::error_code error, std::vector<SocketAddress> found) {
            if (error) {
                finish(error);
            } else {
                connect_to(std::move(found));
            }
        });
    }

    void connect_to(std::vector<SocketAddress> addresses) {
        addresses_ = std::move(addresses);
        try_next();
    }

    void connect_to(const UnixPath& to) {
        path_ = to.path;
        try_unix();
    }

    Fd take_connected() noexcept {
        if (!finished_ || result_) {
            return {};
        }
        timer_.cancel();
        return std::move(socket_);
    }

private:
    static constexpr auto unix_retry = std::chrono::milliseconds(10);  // the first wait; doubled up to unix_retry_max
    static constexpr auto unix_retry_max = std::chrono::milliseconds(250);
    static constexpr auto told_again_after = std::chrono::milliseconds(100);

    void try_next() noexcept {
        drop_socket();
        while (next_ < addresses_.size()) {
            std::error_code error;
            socket_ = dial(addresses_[next_++], error);
            if (socket_ && is_connected_already() && !is_connected_to_itself()) {
                finish({});
                return;
            }
            if (socket_) {
                try {
                    worker_.poller().add(socket_.get(), *this);
                    watched_ = true;
                } catch (const std::system_error& failure) {
                    socket_.reset();
                    note(failure.code());
                    continue;
                }
                timer_.set(std::min(deadline_, worker_.now() + options_.per_address));
                return;
            }
            note(error);
        }
        finish(last_error_);
    }

    static Fd dial(const SocketAddress& to, std::error_code& error) noexcept {
        if (leads_to_own_door(to)) {
            error = own_door_error();
            return {};
        }
        return start_connect(to, error);
    }

    // That a name stands for an own door too is what its user has to hear.
    void note(std::error_code error) noexcept {
        if (last_error_ != own_door_error()) {
            last_error_ = error;
        }
    }

    void try_unix() noexcept {
        std::error_code error;
        if (leads_to_own_door(path_)) {
            error = own_door_error();
        } else {
            socket_ = connect_unix(path_, error);
        }
        if (error != std::errc::resource_unavailable_try_again) {
            finish(error);
        } else if (worker_.now() >= deadline_) {
            finish(std::make_error_code(std::errc::timed_out));
        } else {
            timer_.set(std::min(deadline_, worker_.now() + unix_wait_));
            unix_wait_ = std::min<Duration>(unix_wait_ * 2, unix_retry_max);
        }
    }

    void on_events(std::uint32_t events) noexcept override {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0 || finished_) {
            return;
        }
        std::error_code error = socket_error(socket_.get());
        if (!error && is_connected_to_itself()) {
            error = std::make_error_code(std::errc::connection_refused);
        }
        if (error) {
            note(error);
            try_next();
            return;
        }
        worker_.poller().remove(socket_.get(), *this);
        watched_ = false;
        finished_ = true;
        timer_.cancel();
        tell();
    }

    // Calls the callback, which may destroy this. A callback that lacks memory is called again a little later, with
    // that error.
    void tell() noexcept {
        bool destroyed = false;
        destroyed_ = &destroyed;
        Callback callback = std::move(callback_);
        try {
            callback(result_, result_ ? Fd() : std::move(socket_));
        } catch (const std::bad_alloc&) {
            if (!destroyed) {
                callback_ = std::move(callback);
                result_ = std::make_error_code(std::errc::not_enough_memory);
                timer_.set(worker_.now() + told_again_after);
            }
        }
        if (!destroyed) {
            destroyed_ = nullptr;
        }
    }

    // Whether it is connected: within this machine a connect is usually complete when it returns, although it reports
    // "in progress".
    bool is_connected_already() const noexcept {
        return addresses_[next_ - 1].is_loopback() && !peer_address(socket_.get()).empty();
    }

    // A connect to a free port of this machine in the range of ephemeral ports may connect the socket to itself.
    bool is_connected_to_itself() const noexcept {
        SocketAddress peer = addresses_[next_ - 1];
        if (peer.is_unspecified()) {
            peer = peer_address(socket_.get());
        }
        SocketAddress local = local_address(socket_.get());
        return local.port() == peer.port() && local.ip() == peer.ip();
    }

    // Ends the attempt. A result that is known early is told from the timer: never from within the constructor, and
    // with nothing of ours on the stack.
    void finish(std::error_code error) noexcept {
        if (error && !addresses_.empty() && !host_.empty()) {
            worker_.names().distrust(host_);
        }
        finished_ = true;
        result_ = error;
        timer_.set(worker_.now());
    }

    void on_timer() {
        if (finished_) {
            tell();
            return;
        }
        if (!path_.empty()) {
            try_unix();
            return;
        }
        last_error_ = std::make_error_code(std::errc::timed_out);
        if (worker_.now() >= deadline_) {
            drop_socket();
            resolver_.reset();
            finish(last_error_);
        } else {
            try_next();
        }
    }

    void drop_socket() noexcept {
        if (std::exchange(watched_, false)) {
            worker_.poller().remove(socket_.get(), *this);
        }
        socket_.reset();
    }

    Worker& worker_;
    Callback callback_;
    Options options_;
    TimePoint deadline_;
    Timer timer_;
    std::optional<Resolver> resolver_;
    std::string host_;  // the name that the addresses belong to
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;
    std::string path_;  // instead of addresses
    Duration unix_wait_ = unix_retry;
    Fd socket_;
    bool watched_ = false;
    bool finished_ = false;
    bool* destroyed_ = nullptr;  // set by the destructor while the callback runs
    std::error_code result_;
    std::error_code last_error_ = std::make_error_code(std::errc::host_unreachable);  // if there is no address at all
};

Connector::Connector(Worker& worker, const net::HostPort& to, Callback callback, Options options)
    : attempt_(std::make_unique<Attempt>(worker, std::move(callback), options)) {
    // A numeric address needs no name service: connect within this call.
    if (auto address = SocketAddress::from_ip(to); address && !to.host.empty()) {
        attempt_->connect_to({*address});
    } else {
        attempt_->resolve(to);
    }
}

Connector::Connector(Worker& worker, std::vector<SocketAddress> to, Callback callback, Options options)
    : attempt_(std::make_unique<Attempt>(worker, std::move(callback), options)) {
    attempt_->connect_to(std::move(to));
}

Connector::Connector(Worker& worker, const UnixPath& to, Callback callback, Options options)
    : attempt_(std::make_unique<Attempt>(worker, std::move(callback), options)) {
    attempt_->connect_to(to);
}

Connector::~Connector() = default;

Fd Connector::take_connected() noexcept {
    return attempt_->take_connected();
}

}  // namespace ferrotunnel::runtime
