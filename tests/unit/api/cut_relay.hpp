// A relay between client and server whose connections can be cut one by one.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace ferrotunnel::test {

class CutRelay {
public:
    /// Relays to a port of this machine, on a thread of its own.
    explicit CutRelay(std::uint16_t to) : to_(to), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~CutRelay() {
        io_.stop();
        thread_.join();
    }
    CutRelay(const CutRelay&) = delete;
    CutRelay& operator=(const CutRelay&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

    /// How many connections there have been so far.
    std::size_t count() {
        return ask([this] { return links_.size(); });
    }
    /// Resets both sockets of a connection.
    void cut(std::size_t which) {
        ask([this, which] {
            links_.at(which)->cut();
            return true;
        });
    }
    void cut_all() {
        ask([this] {
            for (auto& link : links_) {
                link->cut();
            }
            return true;
        });
    }
    /// Of connections from now on passes only the first so many pieces on to the client; nothing: all.
    void mute_after(std::optional<std::size_t> pieces) {
        ask([this, pieces] { return std::exchange(mute_after_, pieces); });
    }
    /// While closed, connections are taken and at once reset.
    void set_open(bool open) {
        ask([this, open] { return std::exchange(open_, open); });
    }

private:
    using tcp = asio::ip::tcp;

    struct Link : std::enable_shared_from_this<Link> {
        Link(tcp::socket client_in, asio::io_context& io) : client(std::move(client_in)), server(io) {}
        void cut() {
            for (tcp::socket* socket : {&client, &server}) {
                std::error_code ignored;
                socket->set_option(asio::socket_base::linger(true, 0), ignored);
                socket->close(ignored);
            }
        }
        void pump(tcp::socket& from, tcp::socket& to, std::array<char, 65536>& buffer) {
            if (&from == &server && mute_after && pieces_down++ == *mute_after) {
                return;
            }
            from.async_read_some(asio::buffer(buffer), [this, self = shared_from_this(), &from, &to, &buffer](
                                                           std::error_code error, std::size_t n) {
                if (error) {
                    cut();
                    return;
                }
                asio::async_write(to, asio::buffer(buffer, n),
                                  [this, self, &from, &to, &buffer](std::error_code failed, std::size_t) {
                                      failed ? cut() : pump(from, to, buffer);
                                  });
            });
        }
        tcp::socket client;
        tcp::socket server;
        std::optional<std::size_t> mute_after;
        std::size_t pieces_down = 0;
        std::array<char, 65536> up;
        std::array<char, 65536> down;
    };

    void accept() {
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            if (error) {
                return;
            }
            auto link = std::make_shared<Link>(std::move(socket), io_);
            if (!open_) {
                link->cut();
            } else {
                links_.push_back(link);
                link->mute_after = mute_after_;
                link->server.async_connect({asio::ip::make_address("127.0.0.1"), to_}, [link](std::error_code failed) {
                    if (failed) {
                        link->cut();
                        return;
                    }
                    link->pump(link->client, link->server, link->up);
                    link->pump(link->server, link->client, link->down);
                });
            }
            accept();
        });
    }

    template <typename Question>
    std::invoke_result_t<Question> ask(Question question) {
        std::promise<std::invoke_result_t<Question>> answer;
        asio::post(io_, [&] { answer.set_value(question()); });
        return answer.get_future().get();
    }

    asio::io_context io_;
    const std::uint16_t to_;
    tcp::acceptor acceptor_;
    bool open_ = true;
    std::optional<std::size_t> mute_after_;
    std::vector<std::shared_ptr<Link>> links_;
    std::thread thread_;
};

}  // namespace ferrotunnel::test
