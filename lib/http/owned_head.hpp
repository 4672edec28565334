// A copy of a request's head that owns its texts. A parser's head points into the bytes that were read, and is invalid
// when the connection continues to the body; a request that is held, or whose fields are needed after its response,
// needs a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/head.hpp"

namespace ferrotunnel::http {

class OwnedHead {
public:
    explicit OwnedHead(const RequestHead& head);
    OwnedHead(const OwnedHead&) = delete;
    OwnedHead& operator=(const OwnedHead&) = delete;

    std::string_view method() const noexcept { return text(method_text_); }
    std::string_view path() const noexcept { return text(path_); }
    std::string_view query() const noexcept { return text(query_); }
    std::size_t fields() const noexcept { return places_.size(); }
    Field field(std::size_t i) const noexcept;

    /// Makes `head` equal to the copied one. Its views point into this object.
    void restore(RequestHead& head) const noexcept;
    /// The memory that the copy uses.
    std::size_t bytes() const noexcept {
        return sizeof(OwnedHead) + texts_.capacity() + places_.capacity() * sizeof(Fields::Place);
    }

private:
    struct Part {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };

    void keep_fields(const Fields& fields, std::uint32_t begin, std::uint32_t end);
    Part keep(std::string_view text);
    Part keep_within(std::string_view text, std::string_view whole, Part kept);
    std::string_view text(Part part) const noexcept { return {texts_.data() + part.at, part.size}; }

    std::string texts_;
    std::vector<Fields::Place> places_;  // in texts_
    Part method_text_;
    Part target_;
    Part path_;
    Part query_;
    Part authority_text_;
    Part authority_host_;
    Body body_;
    std::uint16_t port_;
    Method method_;
    TargetForm form_;
    HostKind host_kind_;
    Version version_;
    bool https_;
    bool keep_alive_;
    bool expects_continue_;
    bool accepts_trailers_;
    UpgradeOffer upgrade_;
};

}  // namespace ferrotunnel::http
