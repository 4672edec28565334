#include "runtime/proxy_connector.hpp"

#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <utility>

#include "net/proxy_handshake.hpp"
#include "runtime/poller.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

//   connecting --socket--> shaking hands --done--> reported with the socket
//        \______________________\__ failed, or the deadline ____________> reported with words
class ProxyConnector::Attempt final : private PollTarget {
public:
    Attempt(Worker& worker, const net::Proxy& proxy, const net::HostPort& to, Callback callback,
            Connector::Options options)
        : worker_(worker),
          name_(net::to_text(proxy)),
          callback_(std::move(callback)),
          deadline_(worker.now() + options.deadline),
          handshake_(proxy, to),
          timer_(worker, [this] { on_timer(); }),
          connector_(
              std::in_place, worker, proxy.place,
              [this](std::error_code error, Fd socket) { on_connected(error, std::move(socket)); }, options) {}
    ~Attempt() {
        unwatch();
        if (destroyed_ != nullptr) {
            *destroyed_ = true;
        }
    }

private:
    static constexpr auto report_interval = std::chrono::milliseconds(100);

    void on_connected(std::error_code error, Fd socket) {
        if (error) {
            report("cannot connect to the proxy " + name_ + ": " + error.message());
            return;
        }
        socket_ = std::move(socket);
        timer_.set(deadline_);
        try {
            worker_.poller().add(socket_.get(), *this);  // an event follows at once
            watched_ = true;
        } catch (const std::system_error& failure) {
            report("cannot watch the connection to the proxy: " + failure.code().message());
        }
    }

    void on_events(std::uint32_t) noexcept override {
        try {
            shake_hands();
        } catch (const std::bad_alloc&) {
            end_soon("out of memory");
        }
    }

    void shake_hands() {
        if (ended_) {
            return;
        }
        bool more = send();
        std::array<std::uint8_t, 4'096> buffer;
        while (more && handshake_.state() == net::ProxyHandshake::State::in_progress) {
            const IoResult read = read_some(socket_.get(), buffer);
            if (read.bytes > 0) {
                (void)handshake_.receive({buffer.data(), read.bytes});
                more = send();
            } else if (read.status == IoStatus::would_block) {
                return;
            } else {
                end_soon("the proxy " + name_ + " closed the connection without a response");
                return;
            }
        }
        if (handshake_.state() == net::ProxyHandshake::State::failed) {
            end_soon("the proxy " + name_ + ' ' + handshake_.failure());
        } else if (handshake_.state() == net::ProxyHandshake::State::done) {
            end_soon({});
        }
    }

    // Sends the handshake's output. False if the connection has broken, or there is no room now, and an event will
    // follow when there is.
    bool send() {
        output_ += handshake_.take_output();
        while (!output_.empty()) {
            const IoResult written =
                write_some(socket_.get(), Bytes(reinterpret_cast<const std::uint8_t*>(output_.data()), output_.size()));
            output_.erase(0, written.bytes);
            if (written.status == IoStatus::would_block) {
                return false;
            }
            if (written.status != IoStatus::ok) {
                end_soon("the connection to the proxy " + name_ + " broke: " + written.error.message());
                return false;
            }
        }
        return true;
    }

    // The result is reported from the timer: with none of our calls on the stack, and again if the callback lacks
    // memory.
    void end_soon(std::string words) noexcept {
        ended_ = true;
        words_ = std::move(words);
        timer_.set(worker_.now());
    }

    void on_timer() {
        if (!ended_) {
            words_ = "the proxy " + name_ + " does not respond";
        }
        report(std::move(words_));
    }

    // Calls the callback, which may destroy this. One that lacks memory is called again a little later, with that
    // error.
    void report(std::string words) {
        timer_.cancel();
        unwatch();
        Fd socket = words.empty() ? std::move(socket_) : Fd();
        bool destroyed = false;
        destroyed_ = &destroyed;
        Callback callback = std::move(callback_);
        try {
            callback(std::move(words), std::move(socket));
        } catch (const std::bad_alloc&) {
            if (!destroyed) {
                callback_ = std::move(callback);
                ended_ = true;
                words_ = "out of memory";
                timer_.set(worker_.now() + report_interval);
            }
        }
        if (!destroyed) {
            destroyed_ = nullptr;
        }
    }

    void unwatch() noexcept {
        if (std::exchange(watched_, false)) {
            worker_.poller().remove(socket_.get(), *this);
        }
    }

    Worker& worker_;
    const std::string name_;
    Callback callback_;
    const TimePoint deadline_;
    net::ProxyHandshake handshake_;
    Timer timer_;
    Fd socket_;
    std::string output_;  // not sent yet
    std::string words_;   // why it has ended, once it has
    bool watched_ = false;
    bool ended_ = false;
    bool* destroyed_ = nullptr;  // set by the destructor while the callback runs
    std::optional<Connector> connector_;
};

ProxyConnector::ProxyConnector(Worker& worker, const net::Proxy& proxy, const net::HostPort& to, Callback callback,
                               Connector::Options options)
    : attempt_(std::make_unique<Attempt>(worker, proxy, to, std::move(callback), options)) {}

ProxyConnector::~ProxyConnector() = default;

}  // namespace ferrotunnel::runtime
