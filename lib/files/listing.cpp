#include "files/listing.hpp"

#include <algorithm>
#include <tuple>

#include "base/percent.hpp"
#include "files/file_path.hpp"
#include "files/limits.hpp"
#include "http/date.hpp"

namespace ferrotunnel::files {
namespace {

constexpr std::string_view style =
    ":root { color-scheme: light dark; }\n"
    "body { font: 1rem/1.6 system-ui, sans-serif; margin: 2rem; }\n"
    "h1 { font-size: 1.2rem; overflow-wrap: anywhere; }\n"
    "td { padding: 0 2rem 0 0; overflow-wrap: anywhere; }\n"
    "td + td { text-align: right; white-space: nowrap; opacity: .7; font-variant-numeric: tabular-nums; }\n";

std::string escaped(std::string_view text) {
    std::string html;
    for (const char c : text) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

void add_row(const ListingEntry& entry, std::string& page) {
    const std::string_view slash = entry.is_folder ? "/" : "";
    const http::DateText date = http::date_text(entry.modified);
    // The "./" keeps a name with a colon from being read as a scheme.
    page += "<tr><td><a href=\"./" + percent_encoded(entry.name);
    page += slash;
    page += "\">" + escaped(entry.name);
    page += slash;
    page += "</a></td><td>" + (entry.is_folder ? std::string() : std::to_string(entry.size)) + "</td><td>";
    page.append(date.data(), date.size());
    page += "</td></tr>\n";
}

}  // namespace

std::string listing_page(std::string_view path, Listing listing) {
    std::ranges::sort(listing.entries, {}, [](const ListingEntry& entry) {
        return std::tuple<bool, std::string_view>(!entry.is_folder, entry.name);
    });
    const std::string title = '/' + escaped(path) + (path.empty() ? "" : "/");
    std::string page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + title +
            "</title>\n<style>\n";
    page += style;
    page += "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n<table>\n";
    if (!path.empty()) {
        page += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
    }
    for (const ListingEntry& entry : listing.entries) {
        add_row(entry, page);
    }
    page += "</table>\n";
    if (listing.is_cut) {
        page += "<p>There is more in this folder than the " + std::to_string(listing.entries.size()) +
                " entries that are shown.</p>\n";
    }
    return page + "</body>\n</html>\n";
}

}  // namespace ferrotunnel::files
