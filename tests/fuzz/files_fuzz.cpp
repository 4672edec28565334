// The input is the head of a request. Its path never leads out of the folder, nor to a hidden name; a range lies within
// the file; and what is answered reads back as a response with that framing.
#include <cstdint>
#include <string>
#include <string_view>

#include "files/answer.hpp"
#include "files/byte_range.hpp"
#include "files/file_path.hpp"
#include "files/limits.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t modified = 784'111'777 * second;

void check_path(std::string_view path) {
    const auto read = files::read_file_path(path);
    if (!read) {
        return;
    }
    std::size_t segments = 0;
    for (std::string_view rest = read->text; !rest.empty(); ++segments) {
        const std::size_t slash = rest.find('/');
        require(files::is_shown_name(rest.substr(0, slash)));
        require(slash + 1 != rest.size());
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    }
    require(segments <= limits::files_path_segments_max);
}

void read_back(const files::Answer& answer, http::Method method) {
    const bool is_head = method == http::Method::head;
    const std::string head = files::written_head(answer, is_head, http::Version::http11, true);
    http::ResponseParser parser;
    http::ResponseContext context;
    context.method = method;
    parser.reset(context);
    require(parser.parse(head) == http::ParseState::complete);
    require(parser.size() == head.size());
    require(parser.head().status == answer.status && parser.head().keep_alive);
    const bool has_content = !is_head && answer.status != 304;
    require(parser.head().body.length == (has_content ? answer.content_length() : 0));
}

void check_answers(const http::RequestHead& request) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1'000}, std::uint64_t{1} << 62}) {
        const files::FileStamp stamp{1, 2, size, modified, modified};
        const files::ByteRange range = files::read_range(request.fields, size);
        if (range.kind == files::ByteRange::Kind::part) {
            require(range.length > 0 && range.length <= size && range.first <= size - range.length);
        }
        for (const std::int64_t now : {modified, modified + 3'600 * second}) {
            const files::Answer answer = files::answer_with_file(request, stamp, "a.html", now);
            require(answer.first + answer.length <= size);
            read_back(answer, request.method);
        }
    }
    read_back(files::answer_with_slash_redirect(request.target), request.method);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    check_path(bytes);
    http::RequestParser parser;
    if (parser.parse(bytes) != http::ParseState::complete) {
        return 0;
    }
    const http::RequestHead& request = parser.head();
    check_path(request.target.path);
    if (request.method == http::Method::get || request.method == http::Method::head) {
        check_answers(request);
    }
    return 0;
}
