#include "http/forwarding.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include "http/authority.hpp"
#include "http/certificate_fields.hpp"
#include "http/characters.hpp"

namespace ferrotunnel::http {

namespace {

// Fills a buffer from the left, and writes nothing beyond its end.
class Text {
public:
    explicit Text(std::span<char> room) noexcept : room_(room) {}
    bool put(std::string_view text) noexcept {
        if (text.size() > room_.size() - size_) {
            return false;
        }
        std::copy(text.begin(), text.end(), room_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += text.size();
        return true;
    }
    std::size_t size() const noexcept { return size_; }
    void cut(std::size_t size) noexcept { size_ = size; }
    std::string_view text() const noexcept { return {room_.data(), size_}; }

private:
    std::span<char> room_;
    std::size_t size_ = 0;
};

// Returns the address in an element of X-Forwarded-For, which some proxies write with a port or with brackets; empty if
// the element is not an address ("unknown", a name, a script).
std::string_view address_of(std::string_view element) {
    Authority authority;
    if (split_authority(element, authority) == AuthorityFault::none) {
        switch (authority.kind) {
            case HostKind::ipv4:
                return authority.host;
            case HostKind::ipv6:
                return authority.host.substr(1, authority.host.size() - 2);
            case HostKind::name:
                return {};
        }
    }
    std::array<char, 48> bracketed;  // the longest address has 45 bytes
    if (element.size() + 2 > bracketed.size()) {
        return {};
    }
    Text text(bracketed);
    text.put("[");
    text.put(element);
    text.put("]");
    return split_authority(text.text(), authority) == AuthorityFault::none ? element : std::string_view{};
}

// Iterates over the elements of a list, from the end of its last line to the start of its first. An empty element
// counts, unless its line contains nothing else.
class ListFromRight {
public:
    ListFromRight(const Fields& fields, FieldName name) noexcept : fields_(fields), name_(name), line_(fields.size()) {}

    // False at the start.
    bool next(std::string_view& element) noexcept {
        while (rest_.empty()) {
            if (line_ == 0) {
                return false;
            }
            const Field field = fields_[--line_];
            rest_ = field.known == name_ ? field.value : std::string_view{};
        }
        const std::size_t comma = rest_.rfind(',');
        element = trimmed(comma == std::string_view::npos ? rest_ : rest_.substr(comma + 1));
        rest_ = comma == std::string_view::npos ? std::string_view{} : rest_.substr(0, comma);
        return true;
    }

private:
    const Fields& fields_;
    const FieldName name_;
    std::size_t line_;  // earlier lines have not been read yet
    std::string_view rest_;
};

std::size_t size_of_list(const Fields& fields, FieldName name) noexcept {
    ListFromRight list(fields, name);
    std::size_t size = 0;
    for (std::string_view element; list.next(element);) {
        ++size;
    }
    return size;
}

// The element at `place`, counted from the right, of a list with exactly `size` elements; of any other list the last.
// Empty if there is none.
std::string_view element_of(const Fields& fields, FieldName name, std::size_t size, std::size_t place) noexcept {
    ListFromRight list(fields, name);
    std::string_view element;
    for (std::size_t i = size_of_list(fields, name) == size ? place + 1 : 1; i > 0 && list.next(element); --i) {
    }
    return element;
}

// The value of the field if there is exactly one.
std::string_view single(const Fields& fields, FieldName name) {
    return fields.count(name) == 1 ? *fields.first(name) : std::string_view{};
}

// Whether the Via element "1.1 name (comment)" has that name.
bool is_via_of(std::string_view element, std::string_view name) {
    const std::size_t blank = element.find_first_of(" \t");
    if (blank == std::string_view::npos) {
        return false;
    }
    const std::string_view rest = trimmed(element.substr(blank));
    return same_text(rest.substr(0, rest.find_first_of(" \t")), name);
}

bool loops_through(const Fields& fields, std::string_view name) {
    for (const Field& field : fields) {
        ListItems items(field.known == FieldName::via ? field.value : std::string_view{});
        std::string_view element;
        while (items.next(element)) {
            if (is_via_of(element, name)) {
                return true;
            }
        }
    }
    return false;
}

bool put_forwarded_for(Text& text, std::string_view address) {
    const bool ipv6 = address.find(':') != std::string_view::npos;
    return text.put(ipv6 ? "for=\"[" : "for=") && text.put(address) && text.put(ipv6 ? "]\"" : "");
}

}  // namespace

bool is_request_id(std::string_view text) noexcept {
    constexpr std::string_view marks = "-._~+/=:@";
    return !text.empty() && text.size() <= limits::http_request_id_max &&
           std::all_of(text.begin(), text.end(), [&](char byte) {
               return byte == '-' || (detail::is_of(byte, detail::class_plain)) ||
                      marks.find(byte) != std::string_view::npos;
           });
}

Forwarding::Forwarding(const RequestHead& head, const ForwardingFacts& facts) noexcept
    : certificate_(facts.certificate), owns_certificate_(facts.owns_certificate), trusted_(facts.trusted) {
    read_origin(head, facts, read_chain(head, facts));
    read_request_id(head, facts);
    if (facts.forwarded) {
        write_forwarded(facts);
    }
    if (!facts.via.empty()) {
        write_via(head, facts);
    }
}

// Puts an address in front of the chain; false if it does not fit.
bool Forwarding::prepend(std::string_view address) noexcept {
    constexpr std::string_view comma = ", ";
    const std::string_view between = chain_.empty() ? std::string_view{} : comma;
    const std::size_t added = address.size() + between.size();
    if (added + chain_.size() > chain_room_.size()) {
        return false;
    }
    char* const at = chain_room_.data() + chain_room_.size() - chain_.size() - added;
    std::copy(address.begin(), address.end(), at);
    std::copy(between.begin(), between.end(), at + address.size());
    chain_ = {at, added + chain_.size()};
    return true;
}

// Reads the chain from the right: each trusted proxy vouches for the address that it reports.
Forwarding::Chain Forwarding::read_chain(const RequestHead& head, const ForwardingFacts& facts) noexcept {
    Chain chain;
    client_ = facts.peer;
    prepend(facts.peer);
    if (!facts.trusted) {
        return chain;
    }
    chain.size = size_of_list(head.fields, FieldName::x_forwarded_for);
    ListFromRight list(head.fields, FieldName::x_forwarded_for);
    std::string_view element;
    for (std::size_t place = 0; list.next(element); ++place) {
        const std::string_view address = address_of(element);
        if (address.empty() || !prepend(address)) {
            break;
        }
        client_ = address;
        chain.visitor = place;
        if (facts.is_trusted == nullptr || !facts.is_trusted(facts.context, address)) {
            break;
        }
    }
    return chain;
}

// The port belongs to the host that visitors requested, so that the two never contradict each other: behind a port
// forwarding, the edge listens on another one. For a host without a port it is the one that a trusted peer reports,
// otherwise the scheme's.
void Forwarding::read_origin(const RequestHead& head, const ForwardingFacts& facts, const Chain& chain) noexcept {
    https_ = facts.https;
    host_ = head.authority_text;
    Authority authority = head.authority;
    std::uint16_t said_port = 0;
    if (facts.trusted) {
        const auto said = [&](FieldName name) { return element_of(head.fields, name, chain.size, chain.visitor); };
        const std::string_view proto = said(FieldName::x_forwarded_proto);
        if (same_text(proto, "http") || same_text(proto, "https")) {
            https_ = proto.size() == 5;
        }
        const std::string_view host = said(FieldName::x_forwarded_host);
        if (Authority visited; split_authority(host, visited) == AuthorityFault::none) {
            host_ = host;
            authority = visited;
        }
        const std::string_view port = said(FieldName::x_forwarded_port);
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        said_port = error == std::errc{} && end == port.data() + port.size() ? number : std::uint16_t{0};
    }
    const std::uint16_t scheme_port = https_ ? 443 : 80;
    const std::uint16_t port = authority.port != 0 ? authority.port : said_port != 0 ? said_port : scheme_port;
    const auto [end, error] = std::to_chars(port_room_.data(), port_room_.data() + port_room_.size(), port);
    static_cast<void>(error);  // there is room for any port
    port_ = {port_room_.data(), static_cast<std::size_t>(end - port_room_.data())};
}

void Forwarding::read_request_id(const RequestHead& head, const ForwardingFacts& facts) noexcept {
    request_id_ = facts.request_id;
    if (facts.trusted || facts.trusts_request_id) {
        const std::string_view sent = single(head.fields, FieldName::x_request_id);
        if (is_request_id(sent)) {
            request_id_ = sent;
        }
    }
}

// Writes an element for each address of the chain; the last one, of the peer, also has what the peer requested. The
// Forwarded that the peer itself sent is not read: X-Forwarded-For has the same content, and two chains could differ.
void Forwarding::write_forwarded(const ForwardingFacts& facts) noexcept {
    Text text(forwarded_room_);
    std::string_view chain = chain_;
    while (chain.size() > forwarded_room_.size() / 4) {  // an address needs up to three times as much here
        chain.remove_prefix(chain.find(',') + 1);
    }
    ListItems addresses(chain);
    std::string_view address;
    while (addresses.next(address) && address.data() + address.size() != chain.data() + chain.size()) {
        if (!put_forwarded_for(text, address) || !text.put(", ")) {
            return;
        }
    }
    const std::size_t before = text.size();
    const bool fits = put_forwarded_for(text, facts.peer) && text.put(";host=\"") && text.put(host_) &&
                      text.put("\";proto=") && text.put(https_ ? "https" : "http");
    if (!fits) {
        text.cut(before);
    }
    forwarded_ = text.text();
}

void Forwarding::write_via(const RequestHead& head, const ForwardingFacts& facts) noexcept {
    loops_ = loops_through(head.fields, facts.via);
    Text text(via_room_);
    if (text.put(facts.http2 ? "2 " : head.version == Version::http11 ? "1.1 " : "1.0 ") && text.put(facts.via)) {
        via_ = text.text();
    }
}

bool Forwarding::write(Edits& edits) const noexcept {
    if (!trusted_) {
        edits.remove_claims();
    }
    bool fits = edits.set(FieldName::x_forwarded_for, chain_) &&
                edits.set(FieldName::x_forwarded_proto, https_ ? "https" : "http") &&
                edits.set(FieldName::x_forwarded_host, host_) && edits.set(FieldName::x_forwarded_port, port_) &&
                edits.set(FieldName::x_real_ip, client_);
    fits = fits && (request_id_.empty() ? edits.remove(FieldName::x_request_id)
                                        : edits.set(FieldName::x_request_id, request_id_));
    fits =
        fits && (forwarded_.empty() ? edits.remove(FieldName::forwarded) : edits.set(FieldName::forwarded, forwarded_));
    fits = fits && (!owns_certificate_ || put_certificate(certificate_, edits));
    return fits && (via_.empty() || edits.add(FieldName::via, via_));
}

std::optional<std::uint32_t> max_forwards(const RequestHead& head) noexcept {
    if (head.method != Method::options || head.fields.count(FieldName::max_forwards) != 1) {
        return std::nullopt;
    }
    const std::string_view text = *head.fields.first(FieldName::max_forwards);
    const bool is_number =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
    if (!is_number) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} ? number : std::numeric_limits<std::uint32_t>::max();
}

}  // namespace ferrotunnel::http
