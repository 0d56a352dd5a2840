/** Keeps 8 MiB and makes 2 GiB of garbage. */
class Churns {
	public static void main(String[] args) {
		var live = new java.util.ArrayDeque<byte[]>();
		for (int made = 0; made < 2048; made++) {
			if (live.size() == 8) live.remove();
			live.add(new byte[1 << 20]);
		}
		System.out.println(live.size() + " MiB are left");
	}
}
