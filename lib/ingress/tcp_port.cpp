#include "ingress/tcp_port.hpp"

#include <sys/socket.h>

#include <utility>

#include "ingress/preface.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "runtime/worker.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::ingress {
namespace {

class TcpPort final : public directory::PublicPort {
public:
    TcpPort(runtime::Worker& worker, runtime::Fd listener, directory::VisitorHandler on_visitor)
        : descriptor_(listener.get()),
          acceptor_(worker, with_options(std::move(listener)), {std::move(on_visitor), {}}) {}

    runtime::SocketAddress address() const override { return acceptor_.address(); }
    void set_paused(bool paused) noexcept override { paused ? acceptor_.pause() : acceptor_.resume(); }
    // A listening socket that is shut down no longer listens, but its descriptor stays valid until it is closed.
    void refuse_visitors() noexcept override { ::shutdown(descriptor_, SHUT_RD); }
    int descriptor() const noexcept override { return descriptor_; }
    void handover_to_process() noexcept override { acceptor_.close(); }

private:
    static runtime::Fd with_options(runtime::Fd listener) {
        trunk::set_pumped_socket_options(listener.get());
        return listener;
    }

    const int descriptor_;
    runtime::Acceptor acceptor_;
};

// Rejects visitors when few descriptors are left.
class Doorman {
public:
    explicit Doorman(Logger& log) : log_(log) {}

    bool lets_in(const runtime::Fd& socket, TimePoint now) {
        if (static_cast<std::uint64_t>(socket.get()) < most_) {
            return true;
        }
        static constexpr LogCategory descriptors{"descriptors", limits::limit_lines_per_second};
        if (log_.may_write(LogLevel::warn, descriptors, now)) {
            log_.warn(
                "a visitor of a TCP service was rejected: the remaining file descriptors are reserved for clients "
                "and HTTP",
                {{"most", most_}});
        }
        return false;
    }

private:
    Logger& log_;
    const std::uint64_t most_ = runtime::descriptors_for_visitors();
};

// Reads the PROXY headers of visitors before these are passed on.
class Reception {
public:
    Reception(runtime::Worker& worker, std::shared_ptr<const net::IpNetworks> proxies, Logger& log,
              directory::VisitorHandler on_visitor)
        : proxies_(std::move(proxies)),
          on_visitor_(std::move(on_visitor)),
          wheel_(worker),
          prefaces_(worker, wheel_, log) {}

    void take(runtime::Fd socket, const runtime::SocketAddress& from) {
        PrefacePlan plan;
        plan.proxy_header = proxies_->contains(runtime::visitor_address(from));
        if (plan.empty()) {
            on_visitor_(std::move(socket), from);
            return;
        }
        prefaces_.begin(std::move(socket), from, plan, [this](AcceptedVisitor visitor) {
            const auto said = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
            on_visitor_(std::move(visitor.socket), said.value_or(runtime::SocketAddress()));
        });
    }

private:
    const std::shared_ptr<const net::IpNetworks> proxies_;
    const directory::VisitorHandler on_visitor_;
    runtime::DeadlineWheel wheel_;
    Prefaces prefaces_;
};

}  // namespace

directory::PortOpener tcp_port_opener(net::IpNetworks proxies, Logger& log) {
    return [doorman = std::make_shared<Doorman>(log),
            proxies = std::make_shared<const net::IpNetworks>(std::move(proxies)),
            &log](runtime::Worker& worker, runtime::Fd listener, directory::VisitorHandler on_visitor) {
        directory::VisitorHandler take = std::move(on_visitor);
        if (!proxies->empty()) {
            auto reception = std::make_shared<Reception>(worker, proxies, log, std::move(take));
            take = [reception](runtime::Fd socket, const runtime::SocketAddress& from) {
                reception->take(std::move(socket), from);
            };
        }
        auto on_accept = [doorman, &worker, take = std::move(take)](runtime::Fd socket,
                                                                    const runtime::SocketAddress& from) {
            if (doorman->lets_in(socket, worker.now())) {
                take(std::move(socket), from);
            } else {
                runtime::reset_close(std::move(socket));
            }
        };
        return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_accept));
    };
}

}  // namespace ferrotunnel::ingress
