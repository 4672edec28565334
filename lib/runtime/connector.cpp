#include "runtime/connector.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/connect_race.hpp"
#include "runtime/name_service.hpp"
#include "runtime/protected_endpoints.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

// A request to the worker's name service. If its owner no longer waits for the result, the service forgets it.
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

//   resolving --addresses--> racing --first connection--------------> reported
//       |                    |    ^ '--none left, or no response for a while: resolved again, once; new addresses join
//       +--no address--------+----+--deadline, no address left--> reported with the error
class Connector::Attempt final : private ConnectRace::Owner {
public:
    Attempt(Worker& worker, Callback callback, Options options)
        : worker_(worker),
          callback_(std::move(callback)),
          deadline_(worker.now() + options.deadline),
          race_(worker, *this),
          timer_(worker, [this] { on_timer(); }) {}
    ~Attempt() {
        if (destroyed_ != nullptr) {
            *destroyed_ = true;
        }
    }

    void resolve(const net::HostPort& to) {
        timer_.set(deadline_);
        place_ = to;
        resolver_.emplace(worker_, to, [this](std::error_code error, std::vector<SocketAddress> found) {
            if (error) {
                finish(error);
            } else {
                resolves_again_at_ =
                    worker_.now() + std::min<Duration>(limits::reresolve_after, (deadline_ - worker_.now()) / 2);
                race(std::move(found));
            }
        });
    }

    void connect_to(std::string name, std::vector<SocketAddress> addresses) {
        place_.host = std::move(name);
        race(std::move(addresses));
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
    static constexpr auto report_interval = std::chrono::milliseconds(100);

    void race(std::vector<SocketAddress> addresses) {
        race_.add(std::move(addresses));
        go_on();
    }

    void go_on() noexcept {
        race_.advance();
        if (race_.is_won()) {
            take_winner();
            finish({});
            return;
        }
        if (race_.is_lost() || worker_.now() >= resolves_again_at_) {
            resolve_again();
        }
        if (race_.is_lost() && !resolving_again_) {
            finish(race_.error());
            return;
        }
        timer_.set(std::min({deadline_, race_.next_start(), resolves_again_at_}));
    }

    // The addresses may be older ones from the name cache, and the name may have others by now.
    void resolve_again() noexcept {
        if (std::exchange(resolves_again_at_, never) == never) {
            return;
        }
        worker_.names().invalidate(place_.host);
        try {
            resolver_.emplace(worker_, place_, [this](std::error_code, std::vector<SocketAddress> found) {
                resolving_again_ = false;
                race(std::move(found));
            });
            resolving_again_ = true;
        } catch (const std::bad_alloc&) {
            resolver_.reset();
        }
    }

    void on_race_changed() noexcept override {
        if (race_.is_won() && !finished_) {
            take_winner();
            finished_ = true;
            timer_.cancel();
            report();
        } else if (!finished_) {
            go_on();
        }
    }

    void take_winner() noexcept {
        socket_ = race_.take();
        resolver_.reset();
        if (race_.winner() != 0 && !place_.host.empty()) {
            worker_.names().prefer(place_.host, race_.winning_address());
        }
    }

    void try_unix() noexcept {
        std::error_code error;
        socket_ = connect_unless_protected(path_, error);
        if (error != std::errc::resource_unavailable_try_again) {
            finish(error);
        } else if (worker_.now() >= deadline_) {
            finish(std::make_error_code(std::errc::timed_out));
        } else {
            timer_.set(std::min(deadline_, worker_.now() + unix_wait_));
            unix_wait_ = std::min<Duration>(unix_wait_ * 2, unix_retry_max);
        }
    }

    // Calls the callback, which may destroy this. A callback that lacks memory is called again a little later, with
    // that error.
    void report() noexcept {
        bool destroyed = false;
        destroyed_ = &destroyed;
        Callback callback = std::move(callback_);
        try {
            callback(result_, result_ ? Fd() : std::move(socket_));
        } catch (const std::bad_alloc&) {
            if (!destroyed) {
                callback_ = std::move(callback);
                result_ = std::make_error_code(std::errc::not_enough_memory);
                timer_.set(worker_.now() + report_interval);
            }
        }
        if (!destroyed) {
            destroyed_ = nullptr;
        }
    }

    // Ends the attempt. An early result is reported from the timer: never from within the constructor, and with none of
    // our calls on the stack.
    void finish(std::error_code error) noexcept {
        if (error && race_.has_addresses() && !place_.host.empty()) {
            worker_.names().invalidate(place_.host);
        }
        finished_ = true;
        result_ = error;
        timer_.set(worker_.now());
    }

    void on_timer() {
        if (finished_) {
            report();
        } else if (!path_.empty()) {
            try_unix();
        } else if (worker_.now() < deadline_) {
            go_on();
        } else {
            // If each address has failed, and only the name is still being resolved, that failure is reported.
            const bool lost = race_.has_addresses() && race_.is_lost();
            resolver_.reset();
            race_.stop();
            finish(lost ? race_.error() : std::make_error_code(std::errc::timed_out));
        }
    }

    Worker& worker_;
    Callback callback_;
    TimePoint deadline_;
    ConnectRace race_;
    Timer timer_;
    std::optional<Resolver> resolver_;
    net::HostPort place_;                  // the name that the addresses belong to; no host: none
    TimePoint resolves_again_at_ = never;  // at the latest
    bool resolving_again_ = false;
    std::string path_;  // instead of addresses
    Duration unix_wait_ = unix_retry;
    Fd socket_;
    bool finished_ = false;
    bool* destroyed_ = nullptr;  // set by the destructor while the callback runs
    std::error_code result_;
};

Connector::Connector(Worker& worker, const net::HostPort& to, Callback callback, Options options)
    : attempt_(std::make_unique<Attempt>(worker, std::move(callback), options)) {
    if (auto known = known_addresses(to); !known.empty()) {
        attempt_->connect_to({}, std::move(known));
    } else {
        attempt_->resolve(to);
    }
}

Connector::Connector(Worker& worker, std::string name, std::vector<SocketAddress> to, Callback callback,
                     Options options)
    : attempt_(std::make_unique<Attempt>(worker, std::move(callback), options)) {
    attempt_->connect_to(std::move(name), std::move(to));
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
