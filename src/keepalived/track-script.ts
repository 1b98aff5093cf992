// The program that keepalived asks how HAProxy is. Perl, which every Debian has, and nothing else.

/** Name of the file. */
export const TRACK_FILE = 'evenkeel-track';

/** Its text: the same for all specs; what it shall look at are its arguments. */
export const TRACK_SCRIPT = `#!/usr/bin/perl
# Ends with 0 while what it is asked for holds. Written by evenkeel.
#   evenkeel-track haproxy  SOCKET              HAProxy answers
#   evenkeel-track frontend SOCKET NAME         the frontend listens
#   evenkeel-track pool     SOCKET NAME COUNT   the pool has so many usable members
#   evenkeel-track gateway  GATEWAY ADDRESS INTERFACE   the gateway answers, or this node holds the address already
use strict;
use warnings;
use IO::Socket::UNIX;

$ENV{PATH} = '/usr/sbin:/usr/bin:/sbin:/bin';
my ($what, @rest) = @ARGV;
my %tests = (haproxy => \\&haproxy, frontend => \\&frontend, pool => \\&pool, gateway => \\&gateway);
my $test = $tests{$what // ''} or die "usage: evenkeel-track haproxy|frontend|pool|gateway ...\\n";
exit($test->(@rest) ? 0 : 1);

sub ask {
    my ($socket, $command) = @_;
    my $haproxy = IO::Socket::UNIX->new(Peer => $socket) or return ();
    print $haproxy "$command\\n";
    $haproxy->flush;
    return <$haproxy>;
}

sub haproxy {
    return grep { /^Pid:/ } ask(shift, 'show info');
}

# Lines of "show stat" of a kind as hashes; HAProxy has a pool once for http and once, as NAME.tcp, for tcp.
sub proxies {
    my ($socket, $kind, @names) = @_;
    my ($head, @lines) = ask($socket, 'show stat -1 3 -1');
    my @columns = split /,/, ($head // '') =~ s/^# //r;
    my @found;
    for my $line (@lines) {
        my %of;
        @of{@columns} = split /,/, $line;
        push @found, \\%of if ($of{svname} // '') eq $kind && grep { $_ eq $of{pxname} } @names;
    }
    return @found;
}

sub frontend {
    my ($socket, $name) = @_;
    return grep { $_->{status} =~ /^(OPEN|FULL)/ } proxies($socket, 'FRONTEND', $name);
}

sub pool {
    my ($socket, $name, $count) = @_;
    my @pools = proxies($socket, 'BACKEND', $name, "$name.tcp");
    return @pools && !grep { $_->{act} + $_->{bck} < $count } @pools;
}

sub gateway {
    my ($gateway, $address, $interface) = @_;
    open(my $ip, '-|', 'ip', '-o', 'addr', 'show', 'dev', $interface, 'to', $address) or return 0;
    my @held = <$ip>;
    return 1 if @held;
    open(STDOUT, '>', '/dev/null');
    return system('ping', '-n', '-q', '-c', '2', '-i', '0.3', '-W', '1', $gateway) == 0;
}
`;
