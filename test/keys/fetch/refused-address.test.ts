import { describe, expect, it } from "vitest";
import { findRefusal } from "../../../plugin/keys/fetch/refused-address.ts";

describe("a connection is made to", () => {
  it.each([
    ...["8.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.253.255.255", "169.255.0.0", "1.0.0.0"],
    ...["223.255.255.255", "2606:4700::1111", "fd00::1", "fd12:3456:789a::1", "fe7f::1", "fec0::1", "::ffff:10.0.0.1"],
    ...["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8", "64:ff9b:1:808:8:800::", "2002:808:808::1"],
    "2001:1::1",
    // The neighbours of refused single addresses.
    ...["100.100.100.199", "100.100.100.201", "168.63.129.15", "168.63.129.17", "192.0.0.193", "2002:6464:64c7::"],
    ...["fd20:ce::255", "fd00:c1::a9fe:a9ff", "fd00:42::43", "fd00:ec1::1"],
  ])("%s", (address) => {
    expect(findRefusal(address, false)).toBeUndefined();
  });
});

describe("no connection is made to", () => {
  it.each<[kind: string, addresses: string]>([
    ["unspecified", "0.0.0.0 0.1.2.3 ::"],
    ["loopback", "127.0.0.1 127.255.255.255 ::1 0:0:0:0:0:0:0:1"],
    ["link-local", "169.254.169.254 169.254.0.0 169.254.255.255 fe80::1 fe80::1%eth0 febf:ffff::1 FE80::1"],
    ["cloud metadata", "fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:c1::a9fe:a9fe fd00:42::42"],
    ["cloud metadata", "100.100.100.200 168.63.129.16 192.0.0.192"],
    ["multicast", "224.0.0.1 239.255.255.255 ff02::1"],
    ["reserved or broadcast", "240.0.0.1 255.255.255.255 ::169.254.169.254"],
    ["tunnel", "2001::1"],
    // The same, as IPv6 says IPv4.
    ["link-local", "::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:0:169.254.169.254 64:ff9b::169.254.169.254"],
    ["link-local", "64:ff9b:1::169.254.169.254 64:ff9b:1:a9fe:a9:fe00:: 2002:a9fe:a9fe::1"],
    ["loopback", "0:0:0:0:0:ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::"],
    // 168.63.129.16 at each position of local NAT64. Its last digit is at the end of the text.
    ["cloud metadata", "64:ff9b:1:a83f:81:1000:: 64:ff9b:1:a8:3f:8110:: 64:ff9b:1:0:a8:3f81:1000:0"],
    ["cloud metadata", "64:ff9b:1::168.63.129.16 64:ff9b::a83f:8110 ::ffff:a83f:8110 ::ffff:0:a83f:8110"],
    ["cloud metadata", "::ffff:100.100.100.200 2002:6464:64c8:: 64:ff9b:1:6464:64:c800:: 64:ff9b:1:64:64:64c8::"],
  ])("%s addresses: %s", (kind, addresses) => {
    for (const address of addresses.split(" ")) {
      expect(findRefusal(address, false), address).toMatch(new RegExp(`^an? ${kind} address$`));
    }
  });

  it.each(["", "idp.example.com", "1.2.3", "0x7f.1", "1.2.3.4.5", ":::", "fe80::1::2"])(
    "%j, which is not an address",
    (text) => {
      expect(findRefusal(text, false)).toBe("not an address");
    },
  );
});

describe("if the URL names loopback", () => {
  it.each(["127.0.0.1", "127.8.9.10", "::1"])("%s is allowed", (address) => {
    expect(findRefusal(address, true)).toBeUndefined();
  });

  it.each(["10.0.0.1", "8.8.8.8", "169.254.169.254", "::ffff:127.0.0.1", "::", "fe80::1"])(
    "%s is not allowed",
    (address) => {
      expect(findRefusal(address, true)).toBe("not a loopback address");
    },
  );
});
