#include "http/head_writer.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "http/characters.hpp"
#include "http/chunked.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {
namespace {

// Writes into a buffer, and continues counting when it is full, so that the caller learns how much is needed.
class Out {
public:
    explicit Out(std::span<char> into) noexcept : at_(into.data()), room_(into.size()) {}

    std::size_t size() const noexcept { return size_; }

    void put(std::string_view text) noexcept {
        size_ += text.size();
        if (size_ <= room_) [[likely]] {
            copy(text.data(), text.size());
        }
    }

    template <typename... Texts>
    void put(std::string_view first, Texts... more) noexcept {
        put(first);
        put(more...);
    }

    void field(std::string_view name, std::string_view value) noexcept {
        size_ += name.size() + value.size() + 4;
        if (size_ <= room_) [[likely]] {
            copy(name.data(), name.size());
            copy_pair(": ");
            copy(value.data(), value.size());
            copy_pair("\r\n");
        }
    }

private:
    // Copies a short piece. Most pieces are short, and a call of memcpy costs more than copying them. Two overlapping
    // words cover any size between one word and two.
    template <typename Word>
    void copy_two(const char* from, std::size_t size) noexcept {
        Word head;
        Word tail;
        std::memcpy(&head, from, sizeof(Word));
        std::memcpy(&tail, from + size - sizeof(Word), sizeof(Word));
        std::memcpy(at_, &head, sizeof(Word));
        std::memcpy(at_ + size - sizeof(Word), &tail, sizeof(Word));
    }
    void copy_pair(const char* pair) noexcept {
        std::memcpy(at_, pair, 2);
        at_ += 2;
    }
    struct Sixteen {
        std::uint64_t low;
        std::uint64_t high;
    };

    // Not inlined: otherwise GCC would see a long copy out of every short array, and warn.
    [[gnu::noinline]] void copy_long(const char* from, std::size_t size) noexcept { std::memcpy(at_, from, size); }

    void copy(const char* from, std::size_t size) noexcept {
        if (size > 32) {
            copy_long(from, size);
        } else if (size >= 16) {
            copy_two<Sixteen>(from, size);
        } else if (size >= 8) {
            copy_two<std::uint64_t>(from, size);
        } else if (size >= 4) {
            copy_two<std::uint32_t>(from, size);
        } else if (size >= 2) {
            copy_two<std::uint16_t>(from, size);
        } else if (size == 1) {
            *at_ = *from;
        }
        at_ += size;
    }

    char* at_;
    std::size_t room_;
    std::size_t size_ = 0;
};

// Whether the writers make this field themselves.
bool is_own(FieldName name) {
    switch (name) {
        case FieldName::connection:
        case FieldName::content_length:
        case FieldName::expect:
        case FieldName::host:
        case FieldName::keep_alive:
        case FieldName::proxy:  // not an HTTP field; CGI programs would read it as HTTP_PROXY, the proxy to use
        case FieldName::proxy_connection:
        case FieldName::te:
        case FieldName::transfer_encoding:
        case FieldName::upgrade:
            return true;
        default:
            return false;
    }
}

// Like the function above, for a response, in which the writer does not make fields that only have a meaning in
// requests.
bool is_own_of_response(FieldName name) {
    return is_own(name) && name != FieldName::expect && name != FieldName::host && name != FieldName::proxy;
}

// Writes the fields and the edits. `drops_aliases` is set for a backend, which might read an alias differently from the
// edge.
void put_fields(Out& out, const Fields* fields, const Edits* edits, bool (*is_own_field)(FieldName),
                bool drops_aliases) {
    if (fields != nullptr) {
        for (const Field& field : *fields) {
            const bool kept = !field.hop_by_hop && !is_own_field(field.known) && !(drops_aliases && field.alias) &&
                              (edits == nullptr || !edits->drops(field.name, field.known));
            if (kept) {
                out.field(field.name, field.value);
            }
        }
    }
    if (edits != nullptr) {
        const auto all = edits->all();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (edits->is_effective(i) && !is_own_field(all[i].known)) {
                out.field(all[i].name, all[i].value);
            }
        }
    }
}

void put_length(Out& out, std::uint64_t length) {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), length);
    static_cast<void>(error);  // there is room for any number
    out.field("Content-Length", {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void put_framing(Out& out, const Body& body) {
    if (body.kind == BodyKind::length) {
        put_length(out, body.length);
    } else if (body.kind == BodyKind::chunked) {
        out.put("Transfer-Encoding: chunked\r\n");
    }
}

// Writes all Upgrade fields: a 101 may name layers of protocols, possibly in several lines. False if there is none.
bool put_protocols(Out& out, const Fields* fields) {
    bool any = false;
    for (const Field& field : *fields) {
        if (field.known == FieldName::upgrade && !field.value.empty()) {
            out.field("Upgrade", field.value);
            any = true;
        }
    }
    return any;
}

// Writes "Connection: a, b" without the empty options; nothing if all are empty.
void put_connection(Out& out, std::initializer_list<std::string_view> options) {
    bool first = true;
    for (std::string_view option : options) {
        if (!option.empty()) {
            out.put(first ? "Connection: " : ", ", option);
            first = false;
        }
    }
    if (!first) {
        out.put("\r\n");
    }
}

bool has_no_body(std::uint16_t status) {
    return status < 200 || status == 204;
}

// The persistence option for Connection; empty if it is the default.
std::string_view persistence_of(const ResponseOut& response) {
    if (response.status < 200) {
        return {};
    }
    if (!response.keep_alive || response.body.kind == BodyKind::until_close) {
        return "close";
    }
    return response.visitor == Version::http10 ? "keep-alive" : "";
}

}  // namespace

RequestOut RequestOut::of(const RequestHead& head) noexcept {
    RequestOut out;
    out.method = head.method_text;
    out.path = head.method == Method::connect ? head.authority_text : head.target.path;
    out.query = head.target.query;
    out.host = head.authority_text;
    out.fields = &head.fields;
    out.body = head.body;
    out.expects_continue = head.expects_continue;
    out.accepts_trailers = head.accepts_trailers;
    out.upgrade = &head.upgrade;
    return out;
}

std::size_t write_request(const RequestOut& request, std::span<char> into) noexcept {
    Out out(into);
    const bool upgrades = request.upgrade != nullptr && !request.upgrade->empty();
    out.put(request.method, " ", request.path, request.query, " HTTP/1.1\r\n");
    out.field("Host", request.host);
    put_fields(out, request.fields, request.edits, is_own, true);
    put_framing(out, request.body);
    if (request.expects_continue) {
        out.put("Expect: 100-continue\r\n");
    }
    if (request.accepts_trailers) {
        out.put("TE: trailers\r\n");
    }
    if (upgrades) {
        out.field("Upgrade", request.upgrade->text());
    }
    put_connection(
        out, {request.keep_alive ? "" : "close", request.accepts_trailers ? "TE" : "", upgrades ? "upgrade" : ""});
    out.put("\r\n");
    return out.size();
}

ResponseOut ResponseOut::of(const ResponseHead& head, Version visitor, bool keep_alive) noexcept {
    ResponseOut out;
    out.status = head.status;
    out.reason = head.reason;
    out.fields = &head.fields;
    out.body = head.body;
    out.content_length = head.content_length;
    out.visitor = visitor;
    out.names_protocols = head.status == 101 || head.status == 426;
    if (visitor == Version::http11 && out.body.kind == BodyKind::until_close) {
        out.body.kind = BodyKind::chunked;
    } else if (visitor == Version::http10 && out.body.kind == BodyKind::chunked) {
        out.body.kind = BodyKind::until_close;
    }
    out.keep_alive = keep_alive && !head.switches && out.body.kind != BodyKind::until_close;
    return out;
}

void ResponseOut::forget_length() noexcept {
    content_length.reset();
    if (body.kind == BodyKind::length) {
        body = {visitor == Version::http11 ? BodyKind::chunked : BodyKind::until_close, 0};
    }
    keep_alive = keep_alive && body.kind != BodyKind::until_close;
}

std::size_t write_response(const ResponseOut& response, std::span<char> into) noexcept {
    Out out(into);
    const std::array<char, 3> digits = {static_cast<char>('0' + response.status / 100 % 10),
                                        static_cast<char>('0' + response.status / 10 % 10),
                                        static_cast<char>('0' + response.status % 10)};
    const std::string_view reason = response.reason.empty() ? reason_of(response.status) : response.reason;
    out.put("HTTP/1.1 ", std::string_view(digits.data(), digits.size()), " ", reason, "\r\n");
    put_fields(out, response.fields, response.edits, is_own_of_response, false);
    if (!has_no_body(response.status)) {
        if (response.body.kind == BodyKind::none && response.content_length) {
            put_length(out, *response.content_length);
        }
        put_framing(out, response.body);
    }
    const bool upgrades = response.names_protocols && response.fields != nullptr && put_protocols(out, response.fields);
    put_connection(out, {persistence_of(response), upgrades ? "upgrade" : ""});
    out.put("\r\n");
    return out.size();
}

namespace {

bool names_loosely(std::string_view list, std::string_view name) {
    ListItems items(list);
    std::string_view item;
    while (items.next(item)) {
        if (same_name_loosely(item, name)) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string connection_names(const Fields& fields) {
    std::string names;
    for (const Field& field : fields) {
        ListItems items(field.known == FieldName::connection ? field.value : std::string_view{});
        std::string_view item;
        while (items.next(item)) {
            // Known names are never passed on as trailers anyway.
            if (!same_text(item, "close") && field_name_loosely(item) == FieldName::other) {
                names.append(names.empty() ? "" : ", ").append(item);
            }
        }
    }
    return names;
}

std::size_t write_trailers(const Fields& trailers, std::span<char> into, const Edits* edits,
                           std::string_view connection) noexcept {
    Out out(into);
    out.put("0\r\n");
    for (const Field& field : trailers) {
        const bool kept = !field.hop_by_hop && !field.alias &&
                          (edits == nullptr || !edits->drops(field.name, field.known)) &&
                          !names_loosely(connection, field.name);
        if (kept) {
            out.field(field.name, field.value);
        }
    }
    out.put("\r\n");
    return out.size();
}

}  // namespace ferrotunnel::http
