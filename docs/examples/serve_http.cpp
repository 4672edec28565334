// An HTTP service inside the program: a host of the server, requests as they come, any number of them on one stream.
//
//    FERROTUNNEL_TOKEN=ft1_... serve_http tunnel.example.com:7835 app.example.com
//
// The parser is http_parser (Debian: libhttp-parser-dev), a C library that knows nothing of sockets. Boost.Beast's can
// be used as well, but in a source file of its own: Boost.Asio and standalone Asio cannot be included together.
#include <http_parser.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cstdio>
#include <exception>
#include <ferrotunnel/client.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::size_t body_bytes_max = 1024 * 1024;

struct Request {
    std::string method;
    std::string target;
    std::string body;
    bool keep_alive = true;
};

/// Bytes in, one request after the other out. Header fields are left out for brevity: on_header_field and
/// on_header_value give them in the way of on_url.
class RequestReader {
public:
    RequestReader() {
        http_parser_init(&parser_, HTTP_REQUEST);
        parser_.data = this;
    }

    /// Takes bytes up to the end of a request, and answers how many these were.
    std::size_t take(std::string_view bytes) {
        http_parser_pause(&parser_, 0);
        complete_ = false;
        const http_parser_settings settings = callbacks();
        return http_parser_execute(&parser_, &settings, bytes.data(), bytes.size());
    }
    bool complete() const { return complete_; }
    bool failed() const {
        const auto error = HTTP_PARSER_ERRNO(&parser_);
        return error != HPE_OK && error != HPE_PAUSED;
    }
    Request request() { return std::exchange(request_, Request()); }

private:
    static RequestReader& of(http_parser* parser) { return *static_cast<RequestReader*>(parser->data); }

    static http_parser_settings callbacks() {
        http_parser_settings settings;
        http_parser_settings_init(&settings);
        settings.on_url = [](http_parser* parser, const char* at, std::size_t size) {
            of(parser).request_.target.append(at, size);
            return 0;
        };
        settings.on_body = [](http_parser* parser, const char* at, std::size_t size) {
            std::string& body = of(parser).request_.body;
            body.append(at, size);
            return body.size() > body_bytes_max ? 1 : 0;  // an error for the parser
        };
        settings.on_message_complete = [](http_parser* parser) {
            RequestReader& reader = of(parser);
            reader.complete_ = true;
            reader.request_.method = http_method_str(static_cast<http_method>(parser->method));
            reader.request_.keep_alive = http_should_keep_alive(parser) != 0;
            http_parser_pause(parser, 1);  // what follows belongs to the next request
            return 0;
        };
        return settings;
    }

    http_parser parser_{};
    Request request_;
    bool complete_ = false;
};

std::string answer_to(const Request& request) {
    const std::string body =
        request.method + ' ' + request.target + ": " + std::to_string(request.body.size()) + " bytes\n";
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
           (request.keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n") + body;
}

asio::awaitable<void> answer(ferrotunnel::Stream stream) {
    RequestReader reader;
    std::array<char, 16 * 1024> buffer;
    std::string_view rest;  // read and not yet taken
    while (true) {
        if (rest.empty()) {
            std::error_code end;
            const std::size_t size =
                co_await stream.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, end));
            if (end) {
                stream.close();  // the server needs it no more, or it is gone
                co_return;
            }
            rest = {buffer.data(), size};
        }
        rest.remove_prefix(reader.take(rest));
        if (reader.failed()) {
            co_return;  // no request of the server's: reset
        }
        if (reader.complete()) {
            const Request request = reader.request();
            const std::string bytes = answer_to(request);
            co_await asio::async_write(stream, asio::buffer(bytes), asio::use_awaitable);
            if (!request.keep_alive) {
                stream.close();
                co_return;
            }
        }
    }
}

asio::awaitable<void> serve(ferrotunnel::Listener listener) {
    while (true) {
        auto stream = co_await listener.async_accept(asio::use_awaitable);
        asio::co_spawn(listener.get_executor(), answer(std::move(stream)), asio::detached);
    }
}

int run(const char* server, const char* host) {
    asio::io_context context(1);
    auto client = ferrotunnel::Client::builder()
                      .server(server)
                      .token(ferrotunnel::Secret::from_env("FERROTUNNEL_TOKEN"))
                      .on_event([](const ferrotunnel::Event& event) {
                          if (event.kind == ferrotunnel::Event::Kind::registered) {
                              std::printf("%s\n", event.endpoint.c_str());
                              std::fflush(stdout);
                          }
                      })
                      .run_on(context)
                      .build();
    int code = 0;
    asio::co_spawn(context, serve(client.listen(ferrotunnel::Http(host))), [&](std::exception_ptr failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {  // for instance: the server does not take the host
            std::fprintf(stderr, "%s\n", error.what());
            code = 1;
        }
        context.stop();
    });
    client.start();

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](std::error_code, int) {
        client.stop();
        context.stop();
    });
    context.run();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s SERVER HOST\n", argv[0]);
        return 2;
    }
    try {
        return run(argv[1], argv[2]);
    } catch (const ferrotunnel::config_error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
