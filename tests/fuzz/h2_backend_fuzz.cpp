// The input is what happens to a connection to a backend in HTTP/2: requests, frames of the backend that are made of
// the input, bytes of it as they are, and how fast each side takes. What waits stays within its bounds, and no field of
// a backend becomes more than a field of the answer.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "h2/client_connection.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

namespace {

constexpr std::array<std::string_view, 5> requests{
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /x?y HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
    "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4\r\nabcd\r\n0\r\nx-sum: 1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
};

// SETTINGS, and the acknowledgement of ours.
constexpr std::string_view greeting("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18);

class Script {
public:
    explicit Script(std::string_view bytes) : bytes_(bytes) {}
    bool has_more() const { return !bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) {
            return 0;
        }
        const auto first = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return first;
    }
    std::string_view text(std::size_t size) {
        const std::string_view taken = bytes_.substr(0, size);
        bytes_.remove_prefix(taken.size());
        return taken;
    }

private:
    std::string_view bytes_;
};

// Reads what comes out as the edge does. A refusal ends it; but one that says that a field has ended a line would be
// one too many.
class Edge {
public:
    void read(std::string_view bytes) {
        text_.append(bytes);
        if (is_over_ || in_body_) {
            return;
        }
        if (parser_.parse(text_) == http::ParseState::refused) {
            const http::Fault fault = parser_.refusal().fault;
            require(fault != http::Fault::bare_line_feed && fault != http::Fault::bare_carriage_return &&
                    fault != http::Fault::folded_field && fault != http::Fault::bad_status_line &&
                    fault != http::Fault::missing_colon && fault != http::Fault::control_in_head);
            is_over_ = true;
        }
        in_body_ = parser_.size() > 0 && !is_over_ && parser_.head().status >= 200;
    }

private:
    http::ResponseParser parser_;
    std::string text_;
    bool in_body_ = false;
    bool is_over_ = false;
};

std::string frame(Script& script) {
    const std::string_view payload = script.text(script.byte());
    const char type = static_cast<char>(script.byte() % 10);
    const char flags = static_cast<char>(script.byte());
    const char stream = static_cast<char>(script.byte() % 6);
    std::string made;
    made.append(2, '\0').push_back(static_cast<char>(payload.size()));
    made.push_back(type);
    made.push_back(flags);
    made.append(3, '\0').push_back(stream);
    return made.append(payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Script script({reinterpret_cast<const char*>(data), size});
    h2::ClientConnection connection("http");
    Edge edge;
    std::string input;
    std::vector<std::uint8_t> room;
    while (script.has_more()) {
        const std::uint8_t what = script.byte();
        switch (what % 8) {
            case 0:
                input += requests[what / 8 % requests.size()];
                break;
            case 1:
                connection.receive(as_bytes(greeting));
                break;
            case 2:
            case 3:
                if (connection.may_receive()) {
                    connection.receive(as_bytes(frame(script)));
                }
                break;
            case 4:
                if (connection.may_receive()) {
                    connection.receive(as_bytes(script.text(script.byte())));
                }
                break;
            case 5:
                room.resize(std::size_t{script.byte()} * 8);
                room.resize(connection.give(room));
                edge.read(as_text(room));
                break;
            case 6:
                connection.sent(std::min<std::size_t>(connection.output().size(), std::size_t{script.byte()} * 16));
                break;
            case 7:
                what == 255 ? connection.leave() : what == 127 ? connection.receive_end() : void();
                break;
        }
        const std::size_t taken = connection.feed(as_bytes(std::string_view(input)));
        require(taken <= input.size());
        input.erase(0, taken);
        require(connection.body_bytes() <= limits::h2_backend_window);
        require(connection.output().size() <= limits::h2_backend_output_stop + 64 * 1024);
        require(!connection.is_idle() || !connection.has_answer());
    }
    return 0;
}
