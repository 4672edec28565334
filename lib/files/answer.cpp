#include "files/answer.hpp"

#include <utility>

#include "base/check.hpp"
#include "files/byte_range.hpp"
#include "files/content_type.hpp"
#include "http/date.hpp"
#include "http/edits.hpp"
#include "http/head_writer.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::files {
namespace {

constexpr std::uint16_t not_modified = 304;
constexpr std::string_view retry_after = "5";

bool has_content(const Answer& answer) noexcept {
    return answer.status != 204 && answer.status != not_modified;
}

// The fields that follow from the kind of the response; they point into it.
bool put_fields(const Answer& answer, std::string_view etag, std::string_view modified, http::Edits& edits) {
    bool fits = edits.set("X-Content-Type-Options", "nosniff");
    const auto put = [&](std::string_view name, std::string_view value) {
        fits = fits && (value.empty() || edits.set(name, value));
    };
    put("Content-Type", has_content(answer) ? answer.content_type : "");
    put("Location", answer.location);
    put("Content-Range", answer.content_range);
    if (answer.validators) {
        put("ETag", etag);
        put("Last-Modified", modified);
        put("Accept-Ranges", "bytes");
    }
    if (answer.is_listing) {
        put("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        put("Cache-Control", "no-cache");
    } else if (!answer.validators) {
        put("Cache-Control", "no-store");
    }
    if (answer.status == 405 || answer.status == 204) {
        put("Allow", allowed_methods);
    }
    if (answer.status == 503) {
        put("Retry-After", retry_after);
    }
    return fits;
}

}  // namespace

Answer answer_with_status(std::uint16_t status) {
    Answer answer;
    answer.status = status;
    if (has_content(answer)) {
        answer.content_type = content_type_of(".txt");
        answer.page = std::to_string(status) + ' ' + std::string(http::reason_of(status)) + '\n';
    }
    return answer;
}

Answer answer_with_listing(std::string page) {
    Answer answer;
    answer.content_type = content_type_of(".html");
    answer.page = std::move(page);
    answer.is_listing = true;
    return answer;
}

Answer answer_with_slash_redirect(const http::Target& target) {
    Answer answer = answer_with_status(301);
    const std::string_view last = target.path.substr(target.path.rfind('/') + 1);
    // The "./" keeps a name with a colon from being read as a scheme.
    answer.location = "./" + std::string(last) + '/' + std::string(target.query);
    return answer;
}

Answer answer_with_file(const http::RequestHead& request, const FileStamp& stamp, std::string_view name,
                        std::int64_t now) {
    const Validators validators = Validators::of(stamp, now);
    const Verdict verdict = judge_conditions(request.fields, validators);
    if (verdict == Verdict::failed) {
        return answer_with_status(412);
    }
    Answer answer;
    answer.validators = validators;
    if (verdict == Verdict::not_modified) {
        answer.status = not_modified;
        return answer;
    }
    answer.content_type = content_type_of(name);
    answer.length = stamp.size;
    // HEAD has no ranges: RFC 9110 defines them only for GET.
    if (request.method != http::Method::get || !allows_range(request.fields, validators)) {
        return answer;
    }
    const ByteRange range = read_range(request.fields, stamp.size);
    if (range.kind == ByteRange::Kind::unsatisfiable) {
        answer = answer_with_status(416);
        answer.content_range = "bytes */" + std::to_string(stamp.size);
    } else if (range.kind == ByteRange::Kind::part) {
        answer.status = 206;
        answer.first = range.first;
        answer.length = range.length;
        answer.content_range = "bytes " + std::to_string(range.first) + '-' +
                               std::to_string(range.first + range.length - 1) + '/' + std::to_string(stamp.size);
    }
    return answer;
}

std::string written_head(const Answer& answer, bool is_head, http::Version visitor, bool keep_alive) {
    const std::string etag = answer.validators ? answer.validators->etag() : "";
    const std::optional<std::int64_t> date = answer.validators ? answer.validators->modified : std::nullopt;
    const http::DateText text = http::date_text(date.value_or(0));
    http::Edits edits;
    check(put_fields(answer, etag, date ? std::string_view(text.data(), text.size()) : std::string_view(), edits),
          "the fields of a file's answer fit into the edits");
    http::ResponseOut out;
    out.status = answer.status;
    out.edits = &edits;
    out.visitor = visitor;
    out.keep_alive = keep_alive;
    if (has_content(answer) && is_head) {
        out.content_length = answer.content_length();
    } else if (has_content(answer)) {
        out.body = http::Body::of_length(answer.content_length());
    }
    std::string head(1'024, '\0');
    const std::size_t size = http::write_response(out, head);
    const bool fits = size <= head.size();
    head.resize(size);
    if (!fits) {
        http::write_response(out, head);
    }
    return head;
}

}  // namespace ferrotunnel::files
